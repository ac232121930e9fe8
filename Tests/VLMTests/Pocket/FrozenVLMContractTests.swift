import Compute
import Foundations
import Testing
import VLM
import VLMTestSupport

/// What `FrozenVLM` promises, on pocket's assembly with random weights.
@Suite(.timeLimit(.minutes(10))) struct FrozenVLMContractTests {
    private let model: any CompleteVLM
    private let prefix: any ImagePrefix

    init() throws {
        model = try TinyVLM.make()
        prefix = try model.prefix(for: model.features(of: TinyPicture.picture(of: 5)))
    }

    private func concept(seed: UInt64, rows: Int = 2) -> Matrix {
        var generator = SplitMix64(seed: seed)
        let count = rows * model.identity.hiddenSize
        return Matrix(
            rows: rows, columns: model.identity.hiddenSize,
            values: (0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
    }

    @Test func sameSeedSameNumbers() throws {
        let twin = try TinyVLM.make()
        let other = try TinyVLM.make(seed: 2)
        let picture = TinyPicture.picture(of: 9)
        #expect(try model.features(of: picture).visualTokens == twin.features(of: picture).visualTokens)
        #expect(try model.features(of: picture).visualTokens != other.features(of: picture).visualTokens)
        #expect(model.identity == twin.identity)
        #expect(model.identity.digest != other.identity.digest)
    }

    @Test func featuresFitTheIdentity() throws {
        let features = try model.features(of: TinyPicture.picture(of: 1))
        let identity = model.identity
        #expect(features.map.rows == identity.gridRows * identity.gridColumns)
        #expect(features.map.columns == identity.featureSize && features.pooled.count == identity.featureSize)
        #expect(features.visualTokens.columns == identity.hiddenSize)
        #expect(!features.tags.isEmpty && features.tags.count <= 3)
        #expect(features.tags.map(\.probability) == features.tags.map(\.probability).sorted(by: >))
        #expect(model.negatives.features.columns == identity.featureSize)
    }

    @Test func aPrefixServesManyAnswersUnchanged() throws {
        let prompt = try model.promptTokens(for: .caption(names: []))
        let first = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 4)
        let before = first.logits
        for token in [65, 66, 67] as [Int32] { try model.step([first], tokens: [token]) }
        _ = try model.begin(prefix: prefix, concepts: [concept(seed: 1)], prompt: prompt, capacity: 1)
        let second = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 4)
        #expect(second.logits == before)
        #expect(second.count == prefix.count + prompt.count)
    }

    /// MyVLM: only a concept's direction matters, its norm is the first visual token's.
    @Test func scalingAConceptChangesNothing() throws {
        let prompt = try model.promptTokens(for: .caption(names: ["Zibo"]))
        let rows = concept(seed: 3)
        let scaled = Matrix(rows: rows.rows, columns: rows.columns, values: rows.values.map { $0 * 37.5 })
        let logits = try [rows, scaled].map {
            try model.begin(prefix: prefix, concepts: [$0], prompt: prompt, capacity: 0).logits
        }
        let plain = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 0).logits
        #expect(relativeError(logits[1], logits[0]) < 1e-5)
        #expect(relativeError(plain, logits[0]) > 1e-3)
    }

    @Test func aBatchGivesWhatEachGivesAlone() throws {
        let prompt = try model.promptTokens(for: .caption(names: []))
        func states() throws -> [any Decoding] {
            try (0..<5).map { index in
                let seen = try model.prefix(for: model.features(of: TinyPicture.picture(of: UInt64(index))))
                let concepts = index % 2 == 0 ? [] : [concept(seed: UInt64(index))]
                return try model.begin(prefix: seen, concepts: concepts, prompt: prompt, capacity: 8)
            }
        }
        let together = try states()
        let alone = try states()
        for step in 0..<4 {
            let tokens = together.indices.map { Int32(60 + step * 7 + $0) }
            try model.step(together, tokens: tokens)
            for (state, token) in zip(alone, tokens) { try model.step([state], tokens: [token]) }
            #expect(together.map(\.logits) == alone.map(\.logits))
        }
    }

    @Test func theGradientIsTheLosssSlope() throws {
        let samples = try (0..<2).map { view in
            let seen = try model.prefix(for: model.features(of: TinyPicture.picture(of: 4, view: UInt64(view))))
            return TrainingSample(
                prefix: seen, prompt: try model.promptTokens(for: .caption(names: ["Zibo"])),
                target: try model.targetTokens(for: "Zibo sits."))
        }
        let rows = concept(seed: 8)
        for direction in [AttentionRegularizer.Direction.row, .column] {
            let regularizer = AttentionRegularizer(weight: 0.5, direction: direction)
            func total(_ rows: Matrix) throws -> Double {
                let loss = try model.loss(of: samples, concept: rows, regularizer: regularizer)
                return Double(loss.crossEntropy) + Double(loss.regularization)
            }
            let gradient = try model.loss(of: samples, concept: rows, regularizer: regularizer).gradient
            // Along the gradient itself the slope is its norm: large against rounding.
            let norm = gradient.values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
            let step: Float = 0.02
            func moved(_ sign: Float) -> Matrix {
                Matrix(
                    rows: rows.rows, columns: rows.columns,
                    values: zip(rows.values, gradient.values).map { $0 + sign * step * $1 / norm })
            }
            let slope = try (total(moved(1)) - total(moved(-1))) / Double(2 * step)
            #expect(abs(slope - Double(norm)) < 0.02 * Double(norm), "\(direction): \(slope) against \(norm)")
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let prompt = try model.promptTokens(for: .caption(names: []))
        let overflow = #expect(throws: VLMError.self) {
            try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: model.contextSize)
        }
        #expect(overflow?.code == .contextOverflow)
        let narrow = #expect(throws: VLMError.self) {
            try model.begin(prefix: prefix, concepts: [Matrix(rows: 1, columns: 3)], prompt: prompt, capacity: 1)
        }
        #expect(narrow?.code == .invalidArgument)
        let state = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 1)
        try model.step([state], tokens: [65])
        let full = #expect(throws: VLMError.self) { try model.step([state], tokens: [65]) }
        #expect(full?.code == .contextOverflow)
    }

    @Test func viewsOfAThingAreMoreAlikeThanThings() throws {
        func pooled(_ thing: UInt64, _ view: UInt64) throws -> [Float] {
            try model.features(of: TinyPicture.picture(of: thing, view: view)).pooled
        }
        var closer = 0
        for thing in 0..<20 as Range<UInt64> {
            let reference = try pooled(thing, 0)
            let same = relativeError(try pooled(thing, 1), reference)
            let other = relativeError(try pooled(thing + 100, 0), reference)
            if same < other { closer += 1 }
        }
        #expect(closer >= 18)
    }
}
