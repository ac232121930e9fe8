import Compute
import Testing
import VLM

/// The whole default model against PyTorch, from a picture's file to the words.
@Suite(.timeLimit(.minutes(10)), .enabled(if: InstalledModel.isPresent, "\(InstalledModel.hint)"))
struct PocketGoldenTests {
    private let golden: PocketGolden
    private let model: any ConceptTrainable

    init() throws {
        golden = try PocketGolden.load()
        model = try InstalledModel.exact.get()
    }

    @Test func theInstalledWeightsAreTheReferences() throws {
        let installed = try FileDigest.sha256(contentsOf: InstalledModel.directory + "/pocket.safetensors")
        #expect(installed == golden.weights_sha256, "run Scripts/setup: the installed model is another version")
        #expect(model.identity.name == "pocket")
        #expect(model.identity.hiddenSize == 576 && model.identity.featureSize == 1280)
        #expect(model.identity.gridRows == 7 && model.identity.gridColumns == 7)
        #expect(model.identity.digest.count == 64)
        #expect(model.negatives.features.columns == 1280 && model.negatives.features.rows >= 100)
    }

    @Test func tokensEqualTheReferenceTokenizers() {
        let plain = golden.tokenizer.filter { !$0.special }
        #expect(plain.count >= 20)
        for case let example in plain { #expect(model.tokens(of: example.text) == example.ids, "\(example.text)") }
    }

    @Test func featuresEqualPyTorchs() throws {
        let tensors = try PocketGolden.tensors()
        for picture in golden.pictures {
            let features = try model.features(of: PocketGolden.picture(picture.file))
            let name = picture.file.dropFirst("pocket-".count).prefix { $0 != "." }
            #expect(relativeError(features.pooled, try tensors.floats("\(name).pooled")) < 1e-3, "\(name)")
            #expect(
                relativeError(features.visualTokens.values, try tensors.floats("\(name).projected")) < 1e-3, "\(name)")
            #expect(features.map.rows == 49 && features.map.columns == 1280)
            #expect(features.tags.map(\.name) == picture.tags.map(\.name))
            for (found, expected) in zip(features.tags, picture.tags) {
                #expect(abs(found.probability - expected.probability) < 1e-3)
            }
            let prefix = try model.prefix(for: features)
            #expect(prefix.count == picture.prefix_ids.count + features.visualTokens.rows)
        }
    }

    @Test func wordsEqualPyTorchs() throws {
        let tasks: [(name: String, task: VLMTask)] = [
            ("caption", .caption(names: [])), ("caption_named", .caption(names: ["Zibo"])),
            ("question", .question("What is in the picture?", names: [])),
        ]
        for picture in golden.pictures {
            let prefix = try model.prefix(for: model.features(of: PocketGolden.picture(picture.file)))
            for (name, task) in tasks {
                let expected = try #require(picture.tokens[name])
                let prompt = try model.promptTokens(for: task)
                let state = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: expected.count)
                #expect(try greedy(state, limit: expected.count) == expected, "\(picture.file) \(name)")
            }
        }
    }

    @Test func lossAndGradientEqualPyTorchs() throws {
        let tensors = try PocketGolden.tensors()
        let training = golden.training
        let concept = try tensors.matrix("training.rows")
        let prefix = try model.prefix(for: model.features(of: PocketGolden.picture(training.picture)))
        // The reference was made without the stop token at the end; the last target is predicted, never read.
        let sample = TrainingSample(
            prefix: prefix, prompt: try model.promptTokens(for: .caption(names: ["Zibo"])),
            target: try model.targetTokens(for: String(training.target.dropFirst())))
        for weight in [0, training.lambda] {
            let loss = try model.loss(
                of: [sample], concept: concept, regularizer: AttentionRegularizer(weight: weight, direction: .row))
            #expect(abs(loss.crossEntropy - training.cross_entropy) < 2e-3 * training.cross_entropy)
            let regularization = weight * training.regulariser
            #expect(abs(loss.regularization - regularization) <= 2e-3 * regularization)
            let expected = try tensors.floats("training.gradient.\(weight == 0 ? "cross_entropy" : "total")")
            #expect(relativeError(loss.gradient.values, expected) < 5e-3)
        }
    }

    private func greedy(_ state: any Decoding, limit: Int) throws -> [Int32] {
        var said: [Int32] = []
        while said.count < limit {
            let logits = state.logits
            let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
            said.append(Int32(best))
            if model.stopTokens.contains(Int32(best)) { break }
            if said.count < limit { try model.step([state], tokens: [Int32(best)]) }
        }
        return said
    }
}
