import Compute
import Foundation
import Testing
import VLM

/// What MyVLM relies on, on small BLIP-2 checkpoints.
@Suite(.timeLimit(.minutes(10))) struct Blip2ModelTests {
    static let names = ["blip2-opt", "blip2-opt-narrow", "blip2-t5", "blip2-t5-first"]

    private let picture = RGBImage(
        width: 50, height: 60, pixels: (0..<50 * 60 * 3).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })

    private func load(_ name: String, _ storage: Weight.Storage = .float32) throws -> Blip2Model {
        try #require(
            try VLMLoader.load(
                directory: CheckpointFixture.folder(name) + "/model", options: LoadOptions(storage: storage))
                as? Blip2Model)
    }

    private func row(_ model: Blip2Model, _ seed: Int) -> Matrix {
        Matrix(
            rows: 1, columns: model.identity.hiddenSize,
            values: (0..<model.identity.hiddenSize).map { Float(($0 * 31 + seed * 17) % 23) - 9.5 })
    }

    @Test(arguments: names) func onlyTheDirectionOfAConceptCounts(_ name: String) throws {
        let model = try load(name)
        let prefix = try model.prefix(for: model.features(of: picture))
        let prompt = try model.promptTokens(for: .caption(names: ["zibo"]))
        #expect(prompt == (try model.promptTokens(for: .caption(names: []))))
        let one = row(model, 1)
        let scaled = Matrix(rows: 1, columns: one.columns, values: one.values.map { $0 * 64 })
        func logits(_ concepts: [Matrix]) throws -> [Float] {
            try model.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: 1).logits
        }
        let (first, second, none) = (try logits([one]), try logits([scaled]), try logits([]))
        #expect(zip(first, second).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(first != none)
        // Frozen answers are the same bits, whatever was asked of the model between.
        #expect(try logits([]) == none)
        // Queries are a set over rows: the order of concepts does not matter.
        let (ab, ba) = (try logits([one, row(model, 2)]), try logits([row(model, 2), one]))
        #expect(zip(ab, ba).allSatisfy { abs($0 - $1) < 1e-3 } && ab != first)
    }

    @Test(arguments: names) func answersDoNotDependOnWhoElseIsInTheBatch(_ name: String) throws {
        let model = try load(name)
        let prefix = try model.prefix(for: model.features(of: picture))
        let prompt = try model.promptTokens(for: .question("what is it?", names: []))
        func begin() throws -> any Decoding {
            try model.begin(prefix: prefix, concepts: [row(model, 3)], prompt: prompt, capacity: 4)
        }
        let (alone, one, two) = (try begin(), try begin(), try begin())
        for token in [Int32(7), 9, 11] {
            try model.step([alone], tokens: [token])
            try model.step([two, one], tokens: [token + 1, token])
        }
        #expect(alone.logits == one.logits)
        #expect(alone.logits != two.logits)
        let copy = try model.copy(one)
        try model.step([one], tokens: [5])
        try model.step([copy], tokens: [5])
        #expect(one.logits == copy.logits && one.count == copy.count)
        #expect { try model.step([one], tokens: [5]) } throws: { ($0 as? VLMError)?.code == .contextOverflow }
    }

    @Test(arguments: names) func theRegulariserHasOneDirection(_ name: String) throws {
        let model = try load(name)
        let sample = TrainingSample(
            prefix: try model.prefix(for: model.features(of: picture)),
            prompt: try model.promptTokens(for: .caption(names: [])), target: try model.targetTokens(for: "a red mug"))
        func loss(_ weight: Float, _ direction: AttentionRegularizer.Direction) throws -> ConceptLoss {
            try model.loss(
                of: [sample], concept: row(model, 4),
                regularizer: AttentionRegularizer(weight: weight, direction: direction))
        }
        #expect(try loss(0, .row).regularization == 0)
        #expect(try loss(1, .column).regularization > 0)
        #expect { try loss(1, .row) } throws: { ($0 as? VLMError)?.code == .invalidArgument }
        #expect(model.regularizerDirection == .column && model.identity.insertionPoint == .visionFeatures)
    }

    @Test func thePromptIsFramedAsTheLanguageModelWasTrained() throws {
        let (opt, t5) = (try load("blip2-opt"), try load("blip2-t5"))
        // OPT begins every text with </s>, T5 ends it so.
        #expect(try opt.promptTokens(for: .caption(names: ["zibo"])) == [2])
        #expect(try t5.promptTokens(for: .caption(names: ["zibo"])) == [1])
        let (first, last) = (
            try opt.promptTokens(for: .question("why?", names: [])),
            try t5.promptTokens(for: .question("why?", names: []))
        )
        #expect(first.first == 2 && last.last == 1)
        #expect(opt.tokenizer.decode(Array(first.dropFirst())) == "Question: why? Answer:")
        #expect(Array(last.dropLast()) == t5.tokenizer.encode("Question: why? Answer:", atStart: true))
        // What looks like a special token in a question is text.
        let strange = VLMTask.question("</s> <pad> why?", names: [])
        #expect(try opt.promptTokens(for: strange).dropFirst().allSatisfy { $0 > 3 })
        #expect(try t5.promptTokens(for: strange).dropLast().allSatisfy { $0 > 1 })
        for model in [opt, t5] {
            #expect { try model.promptTokens(for: .question(" ", names: [])) } throws: {
                ($0 as? VLMError)?.code == .invalidArgument
            }
        }
    }

    @Test func conceptsOfOtherModelsAreRefusedWithTheRemedy() throws {
        let model = try load("blip2-opt")
        let prefix = try model.prefix(for: model.features(of: picture))
        let foreign = Matrix(rows: 1, columns: 8, values: [Float](repeating: 1, count: 8))
        #expect {
            try model.begin(prefix: prefix, concepts: [foreign], prompt: [2], capacity: 1)
        } throws: {
            ($0 as? VLMError)?.message.contains("enroll it again") ?? false
        }
    }

    @Test(arguments: ["blip2-opt", "blip2-t5"]) func instructionsNeedNoPicture(_ name: String) throws {
        let model = try load(name)
        let first = try model.begin(instruction: "Rewrite the caption: a mug", capacity: 4)
        let second = try model.begin(instruction: "Rewrite the caption: a dog", capacity: 4)
        #expect(first.logits.count == second.logits.count && first.logits != second.logits)
        try model.step([first], tokens: [9])
    }

    @Test(arguments: [Weight.Storage.bfloat16, .float16, .int8, .affine4])
    func smallerNumbersStayNear(_ storage: Weight.Storage) throws {
        let (exact, model) = (try load("blip2-opt"), try load("blip2-opt", storage))
        #expect(exact.identity.digest != model.identity.digest)
        func logits(_ model: Blip2Model) throws -> [Float] {
            try model.begin(
                prefix: model.prefix(for: model.features(of: picture)), concepts: [],
                prompt: try model.promptTokens(for: .caption(names: [])), capacity: 1
            ).logits
        }
        let (left, right) = (try logits(exact), try logits(model))
        let scale = left.map(abs).max() ?? 1
        let worst = zip(left, right).map { abs($0 - $1) }.max() ?? 0
        #expect(worst / scale < (storage == .affine4 ? 0.6 : 0.1), "\(storage.rawValue): \(worst / scale)")
    }

    @Test func damageIsNamed() throws {
        func failure(_ change: (inout [String: Any]) -> Void) throws -> VLMError? {
            var found: VLMError?
            try CheckpointFixture.withCopy(of: "blip2-opt") { folder in
                try CheckpointFixture.edit(folder.appending(path: "config.json"), change)
                do {
                    _ = try VLMLoader.load(directory: folder.path())
                } catch let error as VLMError {
                    found = error
                }
            }
            return found
        }
        let other = try #require(try failure { $0["text_config"] = ["model_type": "gpt_neox"] })
        #expect(other.code == .unsupported && other.message.contains("opt, t5"))
        let queries = try #require(try failure { $0["num_query_tokens"] = 9 })
        #expect(queries.code == .checkpointMalformed && queries.message.contains("query_tokens"))
        let none = try #require(try failure { $0["vision_config"] = nil })
        #expect(none.code == .checkpointMalformed)
    }

    @Test(arguments: names) func aLookWithoutTheWayBackSeesTheSameLoss(_ name: String) throws {
        let model = try load(name)
        let prefix = try model.prefix(for: model.features(of: picture))
        let prompt = try model.promptTokens(for: .caption(names: []))
        let samples = try ["a mug", "Zibo on a wooden table"].map {
            TrainingSample(prefix: prefix, prompt: prompt, target: try model.targetTokens(for: $0))
        }
        let concept = Matrix(
            rows: 1, columns: model.identity.hiddenSize,
            values: (0..<model.identity.hiddenSize).map { Float($0 % 7) - 3 })
        let batch = ConceptBatch(
            samples: samples, concept: concept, regularizer: AttentionRegularizer(weight: 0.04, direction: .column))
        let whole = try model.losses(of: [batch])[0].crossEntropy
        #expect(try model.crossEntropies(of: [batch])[0].bitPattern == whole.bitPattern)
        #expect(throws: VLMError.self) {
            try model.crossEntropies(of: [ConceptBatch(samples: [], concept: concept, regularizer: batch.regularizer)])
        }
    }

    @Test(arguments: names) func aSearchWithOneBeamIsGreedy(_ name: String) throws {
        let model = try load(name)
        let prefix = try model.prefix(for: model.features(of: picture))
        let prompt = try model.promptTokens(for: .caption(names: []))
        func begin() throws -> any Decoding {
            try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 8)
        }
        let decoding = try begin()
        var greedy: [Int32] = []
        while greedy.count < 8 {
            let token = Sampler.greedy(decoding.logits)
            if model.stopTokens.contains(token) { break }
            greedy.append(token)
            if greedy.count < 8 { try model.step([decoding], tokens: [token]) }
        }
        #expect(try BeamSearch(beams: 1).tokens(of: model, after: begin(), maximumTokens: 8) == greedy)
        #expect(throws: VLMError.self) { try BeamSearch(beams: 0) }
    }
}
