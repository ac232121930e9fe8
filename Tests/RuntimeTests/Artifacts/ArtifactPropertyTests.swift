import Compute
import Foundations
import PropertyTestSupport
import Runtime
import Testing
import VLM

/// What is true of every artifact: its bytes are its content's, and damage is an error.
@Suite(.timeLimit(.minutes(10))) struct ArtifactPropertyTests {
    /// Of more digits than half precision has, where `isHalf` does not ask for fewer.
    private static func number(_ random: inout Seeded, isHalf: Bool = false) -> Float {
        isHalf ? Float(random.number(-1000...1000)) / 16 : Float(random.number(-1_000_000...1_000_000)) / 1024
    }

    private static func artifact(_ random: inout Seeded) -> ConceptArtifact {
        let (hidden, features) = (random.number(1...9), random.number(1...9))
        let (tokens, photos) = (random.number(1...4), random.number(1...4))
        let isThing = random.once(in: 2)
        let identity = ModelIdentity(
            name: random.text(0...8), digest: random.text(0...8), hiddenSize: hidden, featureSize: features,
            gridRows: 2, gridColumns: 2)
        let record = TrainingRecord(
            settings: ConceptTrainingDefaults(
                tokens: tokens, steps: random.number(0...500), learningRate: number(&random), gradientClip: 0.05,
                weightDecay: 1e-4, regularizerWeight: 0.0075, checkpoints: [3]),
            task: random.pick([nil, .caption]), augments: random.pick([nil, true, false]),
            checkpoint: random.number(0...500), initialCrossEntropy: number(&random),
            finalCrossEntropy: number(&random), views: random.number(0...40), sentences: random.number(0...9),
            negatives: random.number(0...900), heldOutRecall: random.pick([nil, 0.1, 1]),
            heldOutFalsePositives: random.pick([nil, 0.005]),
            photoDigests: (0..<photos).map { _ in random.text(0...6) })
        func values(_ count: Int, isHalf: Bool = false) -> [Float] {
            (0..<count).map { _ in number(&random, isHalf: isHalf) }
        }
        let head: ConceptHead =
            isThing
            ? .object(ObjectHead(weight: values(features), bias: number(&random)))
            : .person(PersonHead(keys: Matrix(rows: photos, columns: 128, values: values(photos * 128))))
        return ConceptArtifact(
            manifest: ArtifactManifest(
                kind: isThing ? .object : .person, identifier: "x" + random.text(0...12),
                classNoun: random.text(0...8), model: identity, threshold: abs(number(&random)) + 0.5, photos: photos,
                seed: random.next(), training: record),
            head: head, embedding: Matrix(rows: tokens, columns: hidden, values: values(tokens * hidden)),
            enrolledFeatures: Matrix(rows: photos, columns: features, values: values(photos * features, isHalf: true)))
    }

    @Test(arguments: Seeds.some(20)) func bytesAndContentAreTheSame(_ seed: UInt64) throws {
        var random = Seeded(seed)
        var digests: Set<String> = []
        for _ in 0..<20 {
            let artifact = Self.artifact(&random)
            let bytes = try artifact.encoded()
            let again = try ConceptArtifact(decoding: bytes)
            #expect(again == artifact)
            #expect(try again.encoded() == bytes)
            digests.insert(SHA256Digest.hex(bytes))
        }
        #expect(digests.count == 20, "other content has other bytes")
    }

    @Test(arguments: Seeds.some()) func damageIsMalformedOrRead(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let bytes = try Self.artifact(&random).encoded()
        var refused = 0
        for _ in 0..<300 {
            do {
                let read = try ConceptArtifact(decoding: random.damaged(bytes))
                // What is read is whole: it can be written again.
                #expect(try ConceptArtifact(decoding: read.encoded()) == read)
            } catch let error as RuntimeError {
                #expect(error.code == .artifactMalformed)
                refused += 1
            }
        }
        #expect(refused > 100, "\(refused) of 300 were refused")
    }
}
