import Compute
import VLM

extension ConceptArtifact {
    private enum Name {
        static let weight = "head.weight"
        static let bias = "head.bias"
        static let keys = "head.keys"
        static let embedding = "embedding"
        static let features = "enrolled.features"
        static let manifest = "manifest"
    }

    /// Larger files are refused before they are parsed.
    package static let maximumBytes = 16 << 20

    /// The artifact's bytes; the same content gives the same bytes.
    public func encoded() throws -> [UInt8] {
        var writer = SafetensorsWriter(metadata: [Name.manifest: try manifest.encoded()])
        switch head {
        case .object(let head):
            writer.add(Name.weight, shape: [head.weight.count], floats: head.weight)
            writer.add(Name.bias, shape: [1], floats: [head.bias])
        case .person(let head):
            writer.add(Name.keys, shape: [head.keys.rows, head.keys.columns], floats: head.keys.values)
        }
        writer.add(Name.embedding, shape: [embedding.rows, embedding.columns], floats: embedding.values)
        writer.add(
            Name.features, shape: [enrolledFeatures.rows, enrolledFeatures.columns], floats: enrolledFeatures.values,
            as: .f16)
        return try writer.encoded()
    }

    /// Reads artifact bytes, which may come from anywhere. Throws `artifactMalformed` for everything that is not
    /// exactly of the documented form: missing or further tensors, wrong shapes, numbers that are not finite.
    public init(decoding bytes: [UInt8]) throws {
        guard bytes.count <= Self.maximumBytes else {
            throw Self.malformed("it has \(bytes.count) bytes, more than \(Self.maximumBytes)")
        }
        do {
            try self.init(file: try SafetensorsFile(bytes: bytes))
        } catch let error as VLMError {
            throw RuntimeError(.artifactMalformed, "the artifact cannot be read: \(error.message)", cause: error)
        }
    }

    private init(file: SafetensorsFile) throws {
        guard let json = file.metadata[Name.manifest] else { throw Self.malformed("it has no manifest") }
        let manifest = try ArtifactManifest(json: json)
        guard manifest.formatVersion == ArtifactManifest.currentFormat else {
            throw Self.malformed(
                "its format is \(manifest.formatVersion), this release reads \(ArtifactManifest.currentFormat)")
        }
        guard InsertionPoint(rawValue: manifest.insertionPoint) != nil, !manifest.identifier.isEmpty,
            manifest.threshold.isFinite, manifest.threshold > 0
        else { throw Self.malformed("its manifest holds values outside their range") }
        let expected: Set<String>
        let head: ConceptHead
        switch manifest.kind {
        case .object:
            expected = [Name.weight, Name.bias, Name.embedding, Name.features]
            let weight = try Self.finite(file, Name.weight)
            let bias = try Self.finite(file, Name.bias)
            guard try file.shape(Name.weight).count == 1, !weight.isEmpty, bias.count == 1 else {
                throw Self.malformed("its head has the wrong shape")
            }
            head = .object(ObjectHead(weight: weight, bias: bias[0]))
        case .person:
            expected = [Name.keys, Name.embedding, Name.features]
            let keys = try Self.finiteMatrix(file, Name.keys)
            guard keys.columns == 128, keys.rows > 0 else { throw Self.malformed("its face keys have the wrong shape") }
            head = .person(PersonHead(keys: keys))
        }
        guard Set(file.names) == expected else { throw Self.malformed("it holds other tensors than its kind has") }
        let embedding = try Self.finiteMatrix(file, Name.embedding)
        guard embedding.rows > 0, embedding.columns > 0 else { throw Self.malformed("its embedding is empty") }
        self.init(
            manifest: manifest, head: head, embedding: embedding,
            enrolledFeatures: try Self.finiteMatrix(file, Name.features))
    }

    private static func finite(_ file: SafetensorsFile, _ name: String) throws -> [Float] {
        let values = try file.floats(name)
        guard values.allSatisfy(\.isFinite) else { throw malformed("\(name) holds numbers that are not finite") }
        return values
    }

    private static func finiteMatrix(_ file: SafetensorsFile, _ name: String) throws -> Matrix {
        let matrix = try file.matrix(name)
        guard matrix.values.allSatisfy(\.isFinite) else {
            throw malformed("\(name) holds numbers that are not finite")
        }
        return matrix
    }

    private static func malformed(_ what: String) -> RuntimeError {
        RuntimeError(.artifactMalformed, "the artifact is not of the documented form: \(what); enroll again")
    }
}
