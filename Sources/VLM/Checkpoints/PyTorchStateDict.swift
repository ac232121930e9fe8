public import Compute

/// The tensors of a PyTorch checkpoint, read without executing anything in it.
///
/// Reads both forms `torch.save` has written: the zip archive (since 1.6) and the older sequence of pickles.
/// Nested dictionaries appear with their keys joined by dots: `25.values`.
public struct PyTorchStateDict: Sendable {
    private let file: MappedFile
    private let tensors: [String: Entry]

    private struct Entry: Sendable {
        let tensor: PickleTensor
        let start: Int
    }

    /// Where storages lie, and whether their numbers have their first byte last.
    private struct Storages {
        var ranges: [String: Range<Int>]
        var areSwapped = false
    }

    private let areSwapped: Bool

    /// Maps a file; throws `checkpointMalformed` for anything but a plain state dict.
    public init(contentsOf path: String) throws {
        let file = try MappedFile(path: path)
        let isZip = file.bytes.count >= 4 && file.bytes.loadUnaligned(as: UInt32.self).littleEndian == 0x0403_4b50
        let budget = PickleBudget(file: path)
        let (found, storages) = isZip ? try Self.readZip(file, budget) : try Self.readLegacy(file, budget)
        var tensors: [String: Entry] = [:]
        for (name, tensor) in found {
            let bytes = tensor.storage.count * tensor.storage.size
            guard let range = storages.ranges[tensor.storage.key], range.count >= bytes else {
                throw VLMError(.checkpointMalformed, "\(path) is cut: the storage of \(name) is missing or short")
            }
            let entry = Entry(tensor: tensor, start: range.lowerBound + tensor.offset * tensor.storage.size)
            guard tensors.updateValue(entry, forKey: name) == nil else {
                throw VLMError(.checkpointMalformed, "\(path) names \(name) twice: which of them counts is not said")
            }
        }
        self.file = file
        self.tensors = tensors
        areSwapped = storages.areSwapped
    }

    /// Names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// Whether a tensor is there.
    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Shape of a tensor.
    public func shape(_ name: String) throws -> [Int] { try tensor(name).tensor.shape }

    /// The elements of a floating-point tensor as 32-bit floats, row-major; throws `checkpointMalformed` for numbers that
    /// are not finite or no floating-point ones.
    public func floats(_ name: String) throws -> [Float] {
        let entry = try tensor(name)
        guard let type = entry.tensor.type, ElementCoding.isFloating(type) else {
            throw VLMError(
                .checkpointMalformed,
                "tensor \(name) holds elements of the type \(entry.tensor.type?.rawValue ?? entry.tensor.storage.kind), not "
                    + "floating-point numbers")
        }
        let (bytes, size, start, swapped) = (file.bytes, type.size, entry.start, areSwapped)
        func copy(from place: Int, count: Int, to target: UnsafeMutablePointer<Float>) {
            let first = start + place * size
            let part = UnsafeRawBufferPointer(rebasing: bytes[first..<first + count * size])
            if swapped {
                ElementCoding.copySwapped(part, count: count, type: type, to: target)
            } else {
                ElementCoding.copy(part, count: count, type: type, to: target)
            }
        }
        let total = entry.tensor.count
        let values = [Float](unsafeUninitializedCapacity: total) { buffer, count in
            count = total
            guard total > 0, let base = buffer.baseAddress else { return }
            if entry.tensor.isContiguous { return copy(from: 0, count: total, to: base) }
            var next = base
            entry.tensor.forEachPlace {
                copy(from: $0, count: 1, to: next)
                next += 1
            }
        }
        try FiniteNumbers.check(values, tensor: name, file: file.path)
        return values
    }

    /// A two-dimensional tensor.
    public func matrix(_ name: String) throws -> Matrix {
        let shape = try shape(name)
        guard shape.count == 2 else {
            throw VLMError(.checkpointMalformed, "tensor \(name) has the shape \(shape), not two dimensions")
        }
        return Matrix(rows: shape[0], columns: shape[1], values: try floats(name))
    }

    private func tensor(_ name: String) throws -> Entry {
        guard let entry = tensors[name] else {
            throw VLMError(.checkpointMalformed, "\(file.path) has no tensor \(name): it is for another architecture")
        }
        return entry
    }

    private static func readZip(
        _ file: MappedFile, _ budget: PickleBudget
    ) throws -> ([(name: String, tensor: PickleTensor)], Storages) {
        let members = try ZipDirectory(file.bytes, file: file.path).members
        guard let pickle = members.keys.filter({ $0.hasSuffix("/data.pkl") }).min(), let range = members[pickle] else {
            throw VLMError(
                .checkpointMalformed, "\(file.path) is a zip archive, but not one of torch.save: no data.pkl")
        }
        let folder = pickle.dropLast("data.pkl".count)
        let isSwapped = try isBigEndian(members["\(folder)byteorder"], file)
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: file.bytes[range]), file: file.path)
        let contents = try PickleReader.read(from: &reader, budget: budget)
        let prefix = folder + "data/"
        let storages = members.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
        return (
            try collect(contents, budget, file: file.path),
            Storages(ranges: Dictionary(storages) { first, _ in first }, areSwapped: isSwapped)
        )
    }

    /// What the archive's member `byteorder` says; without one it is little.
    private static func isBigEndian(_ range: Range<Int>?, _ file: MappedFile) throws -> Bool {
        guard let range else { return false }
        switch String(decoding: file.bytes[range].prefix(16), as: UTF8.self) {
        case "little": return false
        case "big": return true
        default:
            throw VLMError(.checkpointMalformed, "\(file.path) has numbers in an unknown order of bytes")
        }
    }

    /// Magic number, protocol version, system facts, the object, the storage keys, then each storage as a 64-bit
    /// count and its elements.
    private static func readLegacy(
        _ file: MappedFile, _ budget: PickleBudget
    ) throws -> ([(name: String, tensor: PickleTensor)], Storages) {
        var reader = ByteReader(file.bytes, file: file.path)
        let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
        let first: PickleContents
        do {
            first = try PickleReader.read(from: &reader, budget: budget)
        } catch is VLMError {
            throw VLMError(.checkpointMalformed, "\(file.path) is no PyTorch checkpoint")
        }
        guard case .long(let place) = first.root, first.longs[place] == magic else {
            throw VLMError(.checkpointMalformed, "\(file.path) is no PyTorch checkpoint")
        }
        guard case .integer(1001) = try PickleReader.read(from: &reader, budget: budget).root else {
            throw VLMError(.unsupported, "\(file.path) has an unknown PyTorch protocol version")
        }
        let system = try PickleReader.read(from: &reader, budget: budget)
        let facts = system.values(system.root, .dictionary) ?? []
        for index in stride(from: 0, to: facts.count - 1, by: 2) {
            if case .string("little_endian") = facts[index], case .bool(false) = facts[index + 1] {
                throw VLMError(
                    .unsupported,
                    "\(file.path) was saved on a big-endian machine in PyTorch's old form: save it again with torch.save"
                )
            }
        }
        let contents = try PickleReader.read(from: &reader, budget: budget)
        let listed = try PickleReader.read(from: &reader, budget: budget)
        guard let keys = listed.values(listed.root, .list) else {
            throw VLMError(.checkpointMalformed, "\(file.path) lists no storages")
        }
        let sizes = Dictionary(contents.storages.map { ($0.key, $0.size) }) { first, _ in first }
        var storages: [String: Range<Int>] = [:]
        for case .string(let key) in keys {
            guard let size = sizes[key] else {
                throw VLMError(.checkpointMalformed, "\(file.path) stores elements of an unknown type")
            }
            let count = try reader.readCount(stride: size)
            let start = reader.offset
            _ = try reader.readBytes(count * size)
            storages[key] = start..<reader.offset
        }
        return (try collect(contents, budget, file: file.path), Storages(ranges: storages))
    }

    /// All tensors below a value. A hostile pickle may share a dictionary many times or put it into itself, so what is
    /// visited is counted.
    private static func collect(
        _ contents: PickleContents, _ budget: PickleBudget, file: String
    ) throws -> [(name: String, tensor: PickleTensor)] {
        var found: [(name: String, tensor: PickleTensor)] = []
        var waiting: [(path: String, value: PickleValue)] = [("", contents.root)]
        while let (path, value) = waiting.popLast() {
            try budget.instruction()
            guard path.utf8.count <= 4096 else {
                throw VLMError(.checkpointMalformed, "\(file) is no plain PyTorch state dict: it nests without end")
            }
            if case .tensor(let place) = value { found.append((path, contents.tensors[place])) }
            guard let entries = contents.values(value, .dictionary) else { continue }
            for index in stride(from: 0, to: entries.count, by: 2) {
                guard let name = keyText(entries[index]) else { continue }
                switch entries[index + 1] {
                case .tensor, .container:
                    let joined = path.isEmpty ? name : "\(path).\(name)"
                    try budget.keep(2)
                    try budget.spell(joined.utf8.count)
                    waiting.append((joined, entries[index + 1]))
                default: try budget.instruction()
                }
            }
        }
        return found
    }

    private static func keyText(_ key: PickleValue) -> String? {
        switch key {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }
}
