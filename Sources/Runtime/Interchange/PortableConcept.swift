import Compute
import Foundation
import VLM

/// A concept of MyVLM's published code in a safe, self-describing form: one safetensors file with a manifest, instead
/// of two pickles that say neither whose they are nor for which model.
public struct PortableConcept: Sendable, Equatable {
    /// What the original files do not say, and where they came from.
    public struct Manifest: Sendable, Codable, Equatable {
        /// Always "myvlm-concept".
        public var format = "myvlm-concept"
        /// The format this release writes and reads.
        public var formatVersion = 1
        /// Object or person.
        public var kind: ConceptKind
        /// The word answers use.
        public var identifier: String
        /// "mug".
        public var classNoun: String
        /// The model the embedding was trained for: "llava-v1.6-vicuna-7b".
        public var model: String
        /// Size of an embedding's row.
        public var hiddenSize: Int
        /// Size of the head's feature; nil without a head.
        public var featureSize: Int?
        /// Checkpoints, in steps.
        public var steps: [Int]
        /// Objects: the probability from which on the head fires. Persons: the cosine distance up to which a face is
        /// theirs. Both as in the published code.
        public var threshold: Float
        /// SHA-256 of the files it was made from, by name.
        public var sources: [String: String]

        private enum CodingKeys: String, CodingKey {
            case format, kind, identifier, model, steps, threshold, sources
            case formatVersion = "format_version"
            case classNoun = "class_noun"
            case hiddenSize = "hidden_size"
            case featureSize = "feature_size"
        }
    }

    /// What it says of itself.
    public let manifest: Manifest
    /// Nil for persons, who are known by the keys of their embedding.
    public let head: OriginalHead?
    /// The checkpoints.
    public let embedding: OriginalEmbedding

    /// Joins files of the published code. Throws `invalidArgument` where they cannot be read or do not belong together.
    public init(head: String?, embedding: String, identifier: String, classNoun: String, model: String) throws {
        let rows = try OriginalEmbedding(contentsOf: embedding)
        let head = try head.map { (path: $0, head: try OriginalHead(contentsOf: $0)) }
        guard rows.kind == .object || head == nil else {
            throw RuntimeError(
                .invalidArgument, "\(embedding) is a person's (its keys are faces); a person has no head file")
        }
        guard !identifier.isEmpty, identifier.utf8.count <= 64, classNoun.utf8.count <= 64, model.utf8.count <= 128
        else {
            throw RuntimeError(
                .invalidArgument, "the identifier needs 1 to 64 bytes; class and model name at most 64 and 128")
        }
        var sources: [String: String] = [:]
        for path in [embedding] + [head?.path].compactMap({ $0 }) {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            sources[name] = try FileDigest.sha256(contentsOf: path)
        }
        self.init(
            manifest: Manifest(
                kind: rows.kind, identifier: identifier, classNoun: classNoun, model: model,
                hiddenSize: rows.checkpoints.first?.values.columns ?? 0, featureSize: head?.head.weight.columns,
                steps: rows.checkpoints.map(\.step), threshold: rows.kind == .person ? 0.675 : 0.5, sources: sources),
            head: head?.head, embedding: rows)
    }

    private init(manifest: Manifest, head: OriginalHead?, embedding: OriginalEmbedding) {
        self.manifest = manifest
        self.head = head
        self.embedding = embedding
    }

    /// The file's bytes; the same content gives the same bytes. Tensors: `head.weight` `[2, features]`, `head.bias`
    /// `[2]`, and for each step `embedding.(step).keys` and `embedding.(step).values`, all F32.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(manifest), as: UTF8.self)
        var writer = SafetensorsWriter(metadata: ["manifest": json])
        if let head {
            writer.add("head.weight", shape: [2, head.weight.columns], floats: head.weight.values)
            writer.add("head.bias", shape: [2], floats: head.bias)
        }
        for checkpoint in embedding.checkpoints {
            for (name, matrix) in [("keys", checkpoint.keys), ("values", checkpoint.values)] {
                writer.add(
                    "embedding.\(checkpoint.step).\(name)", shape: [matrix.rows, matrix.columns], floats: matrix.values)
            }
        }
        return try writer.encoded()
    }

    /// Reads such a file. Throws `artifactMalformed` for everything that is not exactly of the documented form.
    public init(decoding bytes: [UInt8]) throws {
        do {
            let file = try SafetensorsFile(bytes: bytes)
            guard let json = file.metadata["manifest"],
                let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(json.utf8)),
                manifest.format == "myvlm-concept", manifest.formatVersion == 1
            else { throw Self.malformed("it has no manifest of this format") }
            var expected = Set(manifest.steps.flatMap { ["embedding.\($0).keys", "embedding.\($0).values"] })
            if manifest.featureSize != nil { expected.formUnion(["head.weight", "head.bias"]) }
            guard Set(file.names) == expected, !manifest.steps.isEmpty else {
                throw Self.malformed("its tensors are not those its manifest names")
            }
            let head = try manifest.featureSize.map { features in
                let head = OriginalHead(
                    weight: try file.matrix("head.weight"), bias: try file.floats("head.bias"))
                guard head.weight.rows == 2, head.weight.columns == features, head.bias.count == 2 else {
                    throw Self.malformed("its head has the wrong shape")
                }
                return head
            }
            let checkpoints = try manifest.steps.map { step in
                OriginalEmbedding.Checkpoint(
                    step: step, keys: try file.matrix("embedding.\(step).keys"),
                    values: try file.matrix("embedding.\(step).values"))
            }
            guard checkpoints.allSatisfy({ $0.values.columns == manifest.hiddenSize && $0.values.rows > 0 }) else {
                throw Self.malformed("its embedding has the wrong shape")
            }
            self.init(manifest: manifest, head: head, embedding: OriginalEmbedding(checkpoints: checkpoints))
        } catch let error as VLMError {
            throw RuntimeError(.artifactMalformed, "the file cannot be read: \(error.message)", cause: error)
        }
    }

    private static func malformed(_ what: String) -> RuntimeError {
        RuntimeError(.artifactMalformed, "the file is no imported concept: \(what); import it again")
    }
}

extension OriginalHead {
    init(weight: Matrix, bias: [Float]) {
        self.weight = weight
        self.bias = bias
    }
}

extension OriginalEmbedding {
    init(checkpoints: [Checkpoint]) {
        self.checkpoints = checkpoints
    }
}
