public import Compute
import VLM

/// A concept head as MyVLM's published code saves it: `classifier.weight` `[2, features]`, `classifier.bias` `[2]`,
/// class 1 means present (`concept_heads/clip/concept_head_training`).
public struct OriginalHead: Sendable, Equatable {
    /// `[2, features]`.
    public let weight: Matrix
    /// `[2]`.
    public let bias: [Float]

    /// Reads a `.pt` file; nothing in it is executed. Throws `invalidArgument` for a file of another form.
    public init(contentsOf path: String) throws {
        let file = try OriginalFile.read(path)
        guard Set(file.names) == ["classifier.weight", "classifier.bias"] else {
            throw OriginalFile.malformed(
                path, "a head holds classifier.weight and classifier.bias, this file \(OriginalFile.list(file.names))")
        }
        weight = try file.matrix("classifier.weight")
        bias = try file.floats("classifier.bias")
        guard weight.rows == 2, weight.columns > 0, bias.count == 2 else {
            throw OriginalFile.malformed(path, "its head is not [2, features] with two biases")
        }
    }

    /// The logistic form: the probability that the concept is present in a picture with the given feature is
    /// sigmoid(weight . feature + bias), which is the softmax of the two classes.
    public var logistic: (weight: [Float], bias: Float) {
        let head = ObjectHead(softmaxWeight: weight, bias: bias)
        return (head.weight, head.bias)
    }
}

/// A concept embedding as MyVLM's published code saves it: `{step: {"keys": [K, 2 or 512], "values": [1, D]}}`.
public struct OriginalEmbedding: Sendable, Equatable {
    /// One saved state.
    public struct Checkpoint: Sendable, Equatable {
        /// Optimisation steps, counted from 0 as the published code does.
        public let step: Int
        /// Class probabilities `[photos, 2]` of an object's photos, or face descriptors `[photos, 512]` of a person.
        public let keys: Matrix
        /// `[rows, D]`; only directions matter.
        public let values: Matrix
    }

    /// Saved states a file may hold; the published code keeps four.
    private static let mostCheckpoints = 4096

    /// In the order of steps.
    public let checkpoints: [Checkpoint]

    /// Whether the keys are faces.
    public var kind: ConceptKind { (checkpoints.first?.keys.columns ?? 2) > 2 ? .person : .object }

    /// Reads a `.pt` file; nothing in it is executed. Throws `invalidArgument` for a file of another form.
    public init(contentsOf path: String) throws {
        let file = try OriginalFile.read(path)
        var steps: Set<Int> = []
        for name in file.names {
            let parts = name.split(separator: ".").map(String.init)
            guard parts.count == 2, let step = Int(parts[0]), step >= 0, ["keys", "values"].contains(parts[1]) else {
                throw OriginalFile.malformed(
                    path, "an embedding holds {step: {keys, values}}, this file \(OriginalFile.list(file.names))")
            }
            steps.insert(step)
        }
        guard !steps.isEmpty else { throw OriginalFile.malformed(path, "it holds no checkpoint") }
        guard steps.count <= Self.mostCheckpoints else {
            throw OriginalFile.malformed(path, "it holds \(steps.count) checkpoints")
        }
        checkpoints = try steps.sorted().map { step in
            guard file.contains("\(step).keys"), file.contains("\(step).values") else {
                throw OriginalFile.malformed(path, "step \(step) lacks keys or values")
            }
            return Checkpoint(
                step: step, keys: try file.matrix("\(step).keys"), values: try file.matrix("\(step).values"))
        }
        let widths = Set(checkpoints.map { [$0.keys.columns, $0.values.columns] })
        guard widths.count == 1, let first = checkpoints.first, [2, 512].contains(first.keys.columns),
            checkpoints.allSatisfy({ $0.values.rows > 0 && $0.values.columns > 0 && $0.keys.rows > 0 })
        else {
            throw OriginalFile.malformed(
                path, "its checkpoints are not keys [photos, 2 or 512] and values [rows, numbers] of one shape")
        }
    }
}

/// A `.pt` file of the published code. What it lacks is told as a fault of the file, whoever finds it.
struct OriginalFile {
    /// Numbers that are taken out of a file in all; several tensors may be views of one storage.
    private static let mostNumbers = 1 << 24

    private let path: String
    private let tensors: PyTorchStateDict

    let names: [String]

    static func read(_ path: String) throws -> OriginalFile { try OriginalFile(path) }

    private init(_ path: String) throws {
        self.path = path
        tensors = try Self.telling(path) { try PyTorchStateDict(contentsOf: path) }
        names = tensors.names
        var left = Self.mostNumbers
        for name in names {
            let count = try tensors.shape(name).reduce(1, *)
            guard count <= left else {
                throw Self.malformed(path, "its tensors hold more numbers together than a concept has")
            }
            left -= count
        }
    }

    func contains(_ name: String) -> Bool { tensors.contains(name) }

    func matrix(_ name: String) throws -> Matrix { try Self.telling(path) { try tensors.matrix(name) } }

    func floats(_ name: String) throws -> [Float] { try Self.telling(path) { try tensors.floats(name) } }

    private static func telling<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as VLMError {
            guard error.code != .checkpointUnreadable, !error.message.contains(path) else {
                throw RuntimeError(.invalidArgument, error.message, cause: error)
            }
            throw RuntimeError(
                .invalidArgument, "\(path) is no file of MyVLM's published code: \(error.message)", cause: error)
        }
    }

    static func malformed(_ path: String, _ what: String) -> RuntimeError {
        RuntimeError(.invalidArgument, "\(path) is no file of MyVLM's published code: \(what)")
    }

    static func list(_ names: [String]) -> String {
        let shown = names.prefix(4).joined(separator: ", ")
        return names.isEmpty ? "nothing" : shown + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
}
