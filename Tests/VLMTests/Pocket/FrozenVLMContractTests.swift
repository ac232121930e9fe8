import Compute
import Foundations
import Testing
import VLM
import VLMTestSupport

/// What `FrozenVLM` promises, on every assembly whose concept rows stand behind visual tokens, with random weights.
@Suite(.timeLimit(.minutes(10))) struct FrozenVLMContractTests {
    /// Models that it is promised of: pocket's assembly, and small checkpoints in 32 bits.
    enum Subject: String, CaseIterable, Sendable {
        case pocket
        case llava
        case llavaTiles = "llava-next"
        case smolVLM = "smolvlm"
        case smolVLMTiles = "smolvlm-tiles"
        case miniGPT = "minigpt-v2"

        func load() throws -> any CompleteVLM {
            if self == .pocket { return try TinyVLM.make() }
            let options = LoadOptions(storage: .float32, tiles: self == .llavaTiles || self == .smolVLMTiles)
            let model = try VLMLoader.load(directory: CheckpointFixture.folder(rawValue) + "/model", options: options)
            return try #require(model as? any CompleteVLM)
        }
    }

    private func prefix(_ model: any CompleteVLM) throws -> any ImagePrefix {
        try model.prefix(for: model.features(of: TinyPicture.picture(of: 5)))
    }

    private func concept(_ model: any CompleteVLM, seed: UInt64, rows: Int = 2) -> Matrix {
        var generator = SplitMix64(seed: seed)
        let count = rows * model.identity.hiddenSize
        return Matrix(
            rows: rows, columns: model.identity.hiddenSize,
            values: (0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
    }

    @Test func sameSeedSameNumbers() throws {
        let model = try TinyVLM.make()
        let twin = try TinyVLM.make()
        let other = try TinyVLM.make(seed: 2)
        let picture = TinyPicture.picture(of: 9)
        #expect(try model.features(of: picture).visualTokens == twin.features(of: picture).visualTokens)
        #expect(try model.features(of: picture).visualTokens != other.features(of: picture).visualTokens)
        #expect(model.identity == twin.identity)
        #expect(model.identity.digest != other.identity.digest)
    }

    @Test(arguments: Subject.allCases) func featuresFitTheIdentity(_ subject: Subject) throws {
        let model = try subject.load()
        let features = try model.features(of: TinyPicture.picture(of: 1))
        let identity = model.identity
        #expect(features.map.rows == identity.gridRows * identity.gridColumns)
        #expect(features.map.columns == identity.featureSize && features.pooled.count == identity.featureSize)
        #expect(features.visualTokens.columns == identity.hiddenSize)
        #expect(features.tags.isEmpty == (subject != .pocket) && features.tags.count <= 3)
        #expect(features.tags.map(\.probability) == features.tags.map(\.probability).sorted(by: >))
        #expect(model.negatives.features.columns == identity.featureSize)
    }

    @Test(arguments: Subject.allCases) func aPrefixServesManyAnswersUnchanged(_ subject: Subject) throws {
        let model = try subject.load()
        let prefix = try prefix(model)
        let prompt = try model.promptTokens(for: .caption(names: []))
        let first = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 4)
        let before = first.logits
        for token in [65, 66, 67] as [Int32] { try model.step([first], tokens: [token]) }
        _ = try model.begin(prefix: prefix, concepts: [concept(model, seed: 1)], prompt: prompt, capacity: 1)
        let second = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 4)
        #expect(second.logits == before)
        #expect(second.count == prefix.count + prompt.count)
    }

    /// MyVLM: only a concept's direction matters, its norm is that of the visual tokens.
    @Test(arguments: Subject.allCases) func scalingAConceptChangesNothing(_ subject: Subject) throws {
        let model = try subject.load()
        let prefix = try prefix(model)
        let prompt = try model.promptTokens(for: .caption(names: ["Zibo"]))
        let rows = concept(model, seed: 3)
        let scaled = Matrix(rows: rows.rows, columns: rows.columns, values: rows.values.map { $0 * 37.5 })
        let logits = try [rows, scaled].map {
            try model.begin(prefix: prefix, concepts: [$0], prompt: prompt, capacity: 0).logits
        }
        let plain = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 0).logits
        #expect(relativeError(logits[1], logits[0]) < 1e-5)
        #expect(relativeError(plain, logits[0]) > 1e-3)
    }

    @Test(arguments: Subject.allCases) func aBatchGivesWhatEachGivesAlone(_ subject: Subject) throws {
        let model = try subject.load()
        let prompt = try model.promptTokens(for: .caption(names: []))
        func states() throws -> [any Decoding] {
            try (0..<5).map { index in
                let seen = try model.prefix(for: model.features(of: TinyPicture.picture(of: UInt64(index))))
                let concepts = index % 2 == 0 ? [] : [concept(model, seed: UInt64(index))]
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

    @Test(arguments: Subject.allCases) func theGradientIsTheLosssSlope(_ subject: Subject) throws {
        let model = try subject.load()
        let samples = try (0..<2).map { view in
            let seen = try model.prefix(for: model.features(of: TinyPicture.picture(of: 4, view: UInt64(view))))
            return TrainingSample(
                prefix: seen, prompt: try model.promptTokens(for: .caption(names: ["Zibo"])),
                target: try model.targetTokens(for: "Zibo sits."))
        }
        let rows = concept(model, seed: 8)
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

    @Test(arguments: Subject.allCases) func whatDoesNotFitIsRefused(_ subject: Subject) throws {
        let model = try subject.load()
        let prefix = try prefix(model)
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

    /// Where the concept looks: no share is lost or made, and none falls where a picture is not.
    @Test(arguments: Subject.allCases) func attentionIsToldOfThePicture(_ subject: Subject) throws {
        let model = try subject.load()
        let features = try model.features(of: TinyPicture.picture(of: 2))
        let concepts = [concept(model, seed: 1), concept(model, seed: 2, rows: 1)]
        let maps = try model.attention(of: concepts, in: features)
        #expect(maps.count == 2 && maps[0] != maps[1])
        for map in maps {
            #expect(map.allSatisfy { $0 >= 0 && $0 <= 1 } && map.reduce(0, +) > 0 && map.reduce(0, +) <= 1)
            // Beside LLaVA-NeXT's tiles a map of the decoder's rows is told.
            let cells = model.identity.gridRows * model.identity.gridColumns
            #expect(map.count == (subject == .llavaTiles ? features.visualTokens.rows : cells))
        }
        #expect(try model.attention(of: [], in: features).isEmpty)
        // A prefix in use tells the same, and goes on as if it had not been asked.
        let (prefix, prompt) = (try model.prefix(for: features), try model.promptTokens(for: .caption(names: [])))
        let before = try model.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: 1).logits
        #expect(try model.attention(of: concepts, after: prefix, in: features) == maps)
        let after = try model.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: 1).logits
        #expect(before.map(\.bitPattern) == after.map(\.bitPattern))
    }

    /// On the grid of the whole picture, tiles or not.
    @Test(arguments: Subject.allCases) func attentionIsHeatOverThePicture(_ subject: Subject) throws {
        let model = try subject.load()
        let picture = TinyPicture.picture(of: 2)
        let shares = try model.attention(of: [concept(model, seed: 1)], in: model.features(of: picture))[0]
        let heat = try #require(model.heat(ofAttention: shares, width: picture.width, height: picture.height))
        let cells = model.identity.gridRows * model.identity.gridColumns
        // The rows of LLaVA-NeXT's whole picture stand before its tiles'; it has no class token among them.
        #expect(heat.cells == Array(shares.prefix(cells)) && heat.columns == model.identity.gridColumns)
        #expect(heat.area == model.gridArea(width: picture.width, height: picture.height))
        #expect(heat.box(width: picture.width, height: picture.height) != nil)
        #expect(model.heat(ofAttention: Array(shares.dropFirst(shares.count - cells + 1)), width: 9, height: 9) == nil)
    }

    /// The grid lies over all of a square picture but what is left of a side that is no multiple of the patch.
    @Test(arguments: Subject.allCases) func theGridLiesOverThePicture(_ subject: Subject) throws {
        let model = try subject.load()
        let area = model.gridArea(width: 80, height: 80)
        func near(_ one: Float, _ other: Float) -> Bool { abs(one - other) < 0.01 }
        #expect(area.x == 0 && area.y == 0 && near(area.width, area.height))
        #expect(area.width > 80 * (1 - 1 / Float(model.identity.gridColumns)) && area.width < 80.01)
        // Of a wide one LLaVA's processor sees the middle, where it is not tiled.
        let wide = model.gridArea(width: 160, height: 80)
        #expect(near(wide.width, subject == .llava ? area.width : 2 * area.width), "\(wide)")
        #expect(near(wide.x, subject == .llava ? 40 : 0) && near(wide.height, area.height), "\(wide)")
    }

    /// A place is never asked for in words that a checkpoint does not know.
    @Test(arguments: Subject.allCases) func whoAnswersWithBoxesSaysSo(_ subject: Subject) throws {
        let model = try subject.load()
        #expect(model.answersWithBoxes == (subject == .miniGPT))
        guard !model.answersWithBoxes else {
            #expect(try !model.promptTokens(for: .place("Zibo")).isEmpty)
            return
        }
        let error = #expect(throws: VLMError.self) { try model.promptTokens(for: .place("Zibo")) }
        #expect(error?.code == .unsupported && error?.message.contains("Zibo") == true)
    }

    @Test(arguments: Subject.allCases) func aCopyGoesItsOwnWay(_ subject: Subject) throws {
        let model = try subject.load()
        let prompt = try model.promptTokens(for: .question("What is it?", names: []))
        let first = try model.begin(prefix: prefix(model), concepts: [], prompt: prompt, capacity: 4)
        let second = try model.copy(first)
        try model.step([first], tokens: [70])
        try model.step([second], tokens: [71])
        #expect(first.logits != second.logits && first.count == second.count)
        let instructed = try model.begin(instruction: "Say what a mug is.", capacity: 2)
        #expect(instructed.count < first.count && instructed.logits.allSatisfy { $0.isFinite })
    }

    @Test func viewsOfAThingAreMoreAlikeThanThings() throws {
        let model = try TinyVLM.make()
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
