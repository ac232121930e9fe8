import Compute
import Foundations
import Runtime
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct ConceptArtifactTests {
    static let identity = ModelIdentity(
        name: "tiny", digest: "ab12", hiddenSize: 8, featureSize: 6, gridRows: 2, gridColumns: 2)

    static func record() -> TrainingRecord {
        TrainingRecord(
            settings: ConceptTrainingDefaults(
                tokens: 2, steps: 3, learningRate: 1, gradientClip: 0.05, weightDecay: 1e-4, regularizerWeight: 0.0075,
                checkpoints: [3]),
            checkpoint: 3, initialCrossEntropy: 4.5, finalCrossEntropy: 1.5, views: 4, sentences: 5, negatives: 100,
            heldOutRecall: 1, heldOutFalsePositives: 0.005, photoDigests: ["00", "11"])
    }

    static func artifact(kind: ConceptKind = .object, seed: UInt64 = 21) -> ConceptArtifact {
        var random = TestRandom(seed: seed)
        let head: ConceptHead =
            kind == .object
            ? .object(ObjectHead(weight: random.floats(6), bias: 0.5))
            : .person(PersonHead(keys: Matrix(rows: 2, columns: 128, values: random.floats(256))))
        return ConceptArtifact(
            manifest: ArtifactManifest(
                kind: kind, identifier: "Zibo \"/\u{E9}", classNoun: "mug", model: identity, threshold: 0.5, photos: 2,
                seed: .max, training: record()),
            head: head, embedding: Matrix(rows: 2, columns: 8, values: random.floats(16)),
            enrolledFeatures: Matrix(rows: 2, columns: 6, values: [Float](repeating: 0.25, count: 12)))
    }

    @Test(arguments: [ConceptKind.object, .person])
    func bytesComeBackAndAreTheSameEachTime(kind: ConceptKind) throws {
        let artifact = Self.artifact(kind: kind)
        let bytes = try artifact.encoded()
        #expect(try artifact.encoded() == bytes)
        let again = try ConceptArtifact(decoding: bytes)
        #expect(again == artifact)
        #expect(try again.encoded() == bytes)
        #expect(SHA256Digest.hex(bytes).count == 64)
    }

    @Test func everyTruncationIsMalformed() throws {
        let bytes = try Self.artifact().encoded()
        for length in 0..<bytes.count {
            #expect(throws: RuntimeError.self) { try ConceptArtifact(decoding: Array(bytes[..<length])) }
        }
    }

    /// Any single changed byte either fails as malformed or still decodes; nothing else may happen.
    @Test func damagedBytesNeverTrap() throws {
        let bytes = try Self.artifact().encoded()
        var random = TestRandom(seed: 22)
        for _ in 0..<3000 {
            var damaged = bytes
            damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            do {
                _ = try ConceptArtifact(decoding: damaged)
            } catch let error as RuntimeError {
                #expect(error.code == .artifactMalformed)
            }
        }
    }

    @Test func furtherTensorsAndNumbersThatAreNotFiniteAreRefused() throws {
        let manifest = try Self.artifact().manifest.encoded()
        func file(weight: [Float], extra: Bool) throws -> [UInt8] {
            var writer = SafetensorsWriter(metadata: ["manifest": manifest])
            writer.add("head.weight", shape: [weight.count], floats: weight)
            writer.add("head.bias", shape: [1], floats: [0])
            writer.add("embedding", shape: [1, 8], floats: [Float](repeating: 1, count: 8))
            writer.add("enrolled.features", shape: [1, 6], floats: [Float](repeating: 1, count: 6), as: .f16)
            if extra { writer.add("more", shape: [1], floats: [0]) }
            return try writer.encoded()
        }
        let good = [Float](repeating: 1, count: 6)
        _ = try ConceptArtifact(decoding: try file(weight: good, extra: false))
        for (weight, extra) in [(good, true), ([.nan, 1, 1, 1, 1, 1], false), ([1, .infinity, 1, 1, 1, 1], false)] {
            let bytes = try file(weight: weight, extra: extra)
            #expect { try ConceptArtifact(decoding: bytes) } throws: {
                ($0 as? RuntimeError)?.code == .artifactMalformed
            }
        }
    }

    @Test func anotherModelIsNamedWithTheRemedy() throws {
        let other = ModelIdentity(
            name: "tiny", digest: "cd34", hiddenSize: 8, featureSize: 6, gridRows: 2, gridColumns: 2)
        try Self.artifact().requireModel(Self.identity)
        let elsewhere = ModelIdentity(
            name: "tiny", digest: "ab12", hiddenSize: 8, featureSize: 6, gridRows: 2, gridColumns: 2,
            insertionPoint: .visionFeatures)
        #expect { try Self.artifact().requireModel(elsewhere) } throws: { error in
            guard let error = error as? RuntimeError else { return false }
            return error.code == .modelMismatch && error.message.contains("vision_features")
        }
        #expect { try Self.artifact().requireModel(other) } throws: { error in
            guard let error = error as? RuntimeError else { return false }
            return error.code == .modelMismatch && error.message.contains("`myvlm reenroll`")
        }
    }
}
