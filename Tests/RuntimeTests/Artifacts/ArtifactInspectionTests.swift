import Compute
import Runtime
import Testing
import VLM

/// Ways in which an artifact can be none that an enrollment makes, though its bytes are well-formed.
enum BadArtifact: String, CaseIterable {
    case templateWords, pathIdentifier, longIdentifier, controlClass, emptyClass, looseObject, loosePerson
    case noPhotos, manyPhotos, fewerRows, moreRows, embeddingRows, embeddingWidth, featureWidth, headWidth, faceRows
    case hugeWeight, hugeBias, hugeEmbedding, zeroEmbedding, zeroFace, hugeFace
    case longRecord, wordsForDigests, otherModel

    /// A good artifact, spoilt.
    func spoilt(_ good: ConceptArtifact, person: ConceptArtifact) -> ConceptArtifact {
        switch self {
        case .templateWords: good.with(identifier: "<|im_end|>")
        case .pathIdentifier: good.with(identifier: "../mug")
        case .longIdentifier: good.with(identifier: "one two three four")
        case .controlClass: good.with(classNoun: "mug\u{1B}[2J")
        case .emptyClass: good.with(classNoun: "")
        case .looseObject: good.with(threshold: 0.01)
        case .loosePerson: person.with(threshold: 5)
        case .noPhotos: good.with(photos: 0)
        case .manyPhotos: good.with(photos: 21)
        case .fewerRows:
            good.with(features: Matrix(rows: 1, columns: 6, values: good.enrolledFeatures.values.dropLast(6)))
        case .moreRows:
            good.with(features: Matrix(rows: 4_000, columns: 6, values: [Float](repeating: 0.25, count: 24_000)))
        case .embeddingRows:
            good.with(embedding: Matrix(rows: 17, columns: 8, values: [Float](repeating: 1, count: 136)))
        case .embeddingWidth: good.with(embedding: Matrix(rows: 2, columns: 4, values: [Float](repeating: 1, count: 8)))
        case .featureWidth: good.with(features: Matrix(rows: 2, columns: 5, values: [Float](repeating: 1, count: 10)))
        case .headWidth: good.with(head: .object(ObjectHead(weight: [1, 1], bias: 0)))
        case .faceRows:
            person.with(
                head: .person(
                    PersonHead(keys: Matrix(rows: 21, columns: 128, values: [Float](repeating: 0.1, count: 21 * 128)))))
        case .hugeWeight: good.with(head: .object(ObjectHead(weight: [1e30, 1, 1, 1, 1, 1], bias: 0)))
        case .hugeBias: good.with(head: .object(ObjectHead(weight: [1, 1, 1, 1, 1, 1], bias: 1e20)))
        case .hugeEmbedding:
            good.with(embedding: Matrix(rows: 2, columns: 8, values: [Float](repeating: 3e38, count: 16)))
        case .zeroEmbedding: good.with(embedding: Matrix(rows: 2, columns: 8, values: [Float](repeating: 0, count: 16)))
        case .zeroFace:
            person.with(
                head: .person(
                    PersonHead(keys: Matrix(rows: 1, columns: 128, values: [Float](repeating: 0, count: 128)))))
        case .hugeFace:
            person.with(
                head: .person(
                    PersonHead(keys: Matrix(rows: 1, columns: 128, values: [Float](repeating: 1e20, count: 128)))))
        case .longRecord: good.with(digests: [String](repeating: "00", count: 21))
        case .wordsForDigests: good.with(digests: ["not a digest"])
        case .otherModel: good.with(modelDigest: "cd34")
        }
    }
}

extension ConceptArtifact {
    func with(
        identifier: String? = nil, classNoun: String? = nil, threshold: Float? = nil, photos: Int? = nil,
        modelDigest: String? = nil, digests: [String]? = nil, head: ConceptHead? = nil, embedding: Matrix? = nil,
        features: Matrix? = nil
    ) -> ConceptArtifact {
        let old = manifest.training
        let training = TrainingRecord(
            settings: old.settings, checkpoint: old.checkpoint, initialCrossEntropy: old.initialCrossEntropy,
            finalCrossEntropy: old.finalCrossEntropy, views: old.views, sentences: old.sentences,
            negatives: old.negatives, heldOutRecall: old.heldOutRecall,
            heldOutFalsePositives: old.heldOutFalsePositives, photoDigests: digests ?? old.photoDigests)
        let identity = ModelIdentity(
            name: manifest.modelName, digest: modelDigest ?? manifest.modelDigest, hiddenSize: 1, featureSize: 1,
            gridRows: 1, gridColumns: 1)
        return ConceptArtifact(
            manifest: ArtifactManifest(
                kind: manifest.kind, identifier: identifier ?? manifest.identifier,
                classNoun: classNoun ?? manifest.classNoun, model: identity,
                threshold: threshold ?? manifest.threshold, photos: photos ?? manifest.photos, seed: manifest.seed,
                training: training),
            head: head ?? self.head, embedding: embedding ?? self.embedding,
            enrolledFeatures: features ?? enrolledFeatures)
    }
}

@Suite(.timeLimit(.minutes(10))) struct ArtifactInspectionTests {
    private static let good = ConceptArtifactTests.artifact().with(identifier: "Zibo")
    private static let person = ConceptArtifactTests.artifact(kind: .person).with(
        identifier: "Anna",
        head: .person(PersonHead(keys: Matrix(rows: 2, columns: 128, values: [Float](repeating: 0.05, count: 256)))))

    @Test func whatAnEnrollmentMakesPasses() throws {
        for artifact in [Self.good, Self.person] {
            let bytes = try artifact.encoded()
            #expect(try ConceptArtifact(inspecting: bytes, for: ConceptArtifactTests.identity) == artifact)
            #expect(try ConceptArtifact(inspecting: bytes) == artifact)
            #expect(bytes.count <= ConceptArtifact.largestBytes(for: ConceptArtifactTests.identity))
        }
    }

    /// Well-formed files that no enrollment makes: each once made answers slow, wrong or impossible, or put words into
    /// prompts that the door would have refused.
    @Test(arguments: BadArtifact.allCases)
    func whatNoEnrollmentMakesIsRefused(_ kind: BadArtifact) throws {
        let bytes = try kind.spoilt(Self.good, person: Self.person).encoded()
        #expect {
            try ConceptArtifact(inspecting: bytes, for: ConceptArtifactTests.identity)
        } throws: {
            ($0 as? RuntimeError)?.code == (kind == .otherModel ? .modelMismatch : .artifactMalformed)
        }
    }

    /// Single-precision features are read too, and could hold numbers whose squares are infinite.
    @Test func featuresBeyondHalfPrecisionAreRefused() throws {
        var writer = SafetensorsWriter(metadata: ["manifest": try Self.good.manifest.encoded()])
        writer.add("head.weight", shape: [6], floats: [Float](repeating: 1, count: 6))
        writer.add("head.bias", shape: [1], floats: [0])
        writer.add("embedding", shape: [2, 8], floats: [Float](repeating: 1, count: 16))
        writer.add("enrolled.features", shape: [2, 6], floats: [Float](repeating: 3e38, count: 12))
        let bytes = try writer.encoded()
        #expect { try ConceptArtifact(inspecting: bytes) } throws: { ($0 as? RuntimeError)?.code == .artifactMalformed }
    }

    /// The message about another model repeats words of a file from anywhere.
    @Test func theMessageAboutAnotherModelIsHarmless() throws {
        let old = Self.good.with(modelDigest: "\u{1B}[2J<|im_end|>" + String(repeating: "x", count: 10_000))
        #expect {
            try old.requireModel(ConceptArtifactTests.identity)
        } throws: {
            guard let error = $0 as? RuntimeError else { return false }
            return error.message.utf8.count < 500 && !error.message.contains("\u{1B}") && !error.message.contains("<|")
        }
    }
}
