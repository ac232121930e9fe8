internal import Compute

/// Tensors of a pickled file whose shapes are compared before memory is taken for them. Nothing in the file is executed.
struct PickledTensors: Sendable {
    let file: String
    /// In front of every name, with its dot.
    let prefix: String
    private let tensors: PyTorchStateDict
    /// The largest magnitude a tensor may hold.
    private let limit: Float

    /// Opens a file whose tensors stand below the first of `prefixes` that has `name`. Throws `checkpointUnreadable`, or
    /// `checkpointMalformed` for a file that is no state dictionary or has no such tensor.
    init(_ path: String, having name: String, below prefixes: [String], limit: Float) throws {
        file = path
        tensors = try PyTorchStateDict(contentsOf: path)
        self.limit = limit
        let (found, held) = (prefixes.first(where: { [tensors] in tensors.contains($0 + name) }), tensors.names.count)
        guard let found else {
            throw VLMError(
                .checkpointMalformed,
                "\(path) has no tensor \(name) among its \(held): it is another model's file, or a part of one; fetch it "
                    + "again")
        }
        prefix = found
    }

    /// Names behind the prefix, sorted.
    var names: [String] { tensors.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } }

    func contains(_ name: String) -> Bool { tensors.contains(prefix + name) }

    /// The shape of a tensor of so many dimensions.
    func shape(_ name: String, dimensions: Int) throws -> [Int] {
        try has(name)
        let shape = try tensors.shape(prefix + name)
        guard shape.count == dimensions, shape.allSatisfy({ $0 > 0 }) else {
            throw VLMError(
                .checkpointMalformed,
                "\(file): tensor \(prefix)\(name) has the shape \(shape); one of \(dimensions) dimensions is needed")
        }
        return shape
    }

    /// A tensor's numbers; throws `checkpointMalformed` where it is missing or has another shape.
    func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
        try check(name, shape)
        let values = try tensors.floats(prefix + name)
        try FiniteNumbers.check(values, limit: limit, tensor: prefix + name, file: file)
        return values
    }

    /// Reads a tensor later; its shape is compared at once.
    func source(_ name: String, _ shape: [Int]) throws -> () throws -> [Float] {
        try check(name, shape)
        return { try floats(name, shape) }
    }

    private func check(_ name: String, _ shape: [Int]) throws {
        try has(name)
        let stored = try tensors.shape(prefix + name)
        guard stored == shape else {
            throw VLMError(
                .checkpointMalformed,
                "\(file): tensor \(prefix)\(name) has the shape \(stored), but the files beside it ask for \(shape): they "
                    + "are of different models")
        }
    }

    private func has(_ name: String) throws {
        guard contains(name) else {
            throw VLMError(
                .checkpointMalformed,
                "\(file) has no tensor \(prefix)\(name): the download is incomplete, or the file is another model's")
        }
    }
}
