import Compute
import Foundation
import VLM

/// SmolVLM checkpoints of random weights (Tools/random_smolvlm.py) in the shapes that are measured.
enum SmolVLMShape: String, CaseIterable {
    case small = "256m"
    case medium = "500m"

    /// Behind the names of figures.
    var suffix: String { self == .small ? "" : "_\(rawValue)" }

    /// Where it lies below a folder; nil where it is missing or not whole.
    func directory(below folder: String?) -> String? {
        guard let folder else { return nil }
        let own = folder + "/" + rawValue
        return FileManager.default.fileExists(atPath: own + "/model.safetensors.index.json") ? own : nil
    }

    /// Said where there is none.
    static let missing = "no checkpoint: Tools/random_smolvlm.py makes one"

    /// Loads a checkpoint. Throws `BenchError` where the folder holds another kind of model.
    static func load(_ directory: String, storage: Weight.Storage) throws -> ConversationModel {
        let loaded = try VLMLoader.load(directory: directory, options: LoadOptions(storage: storage))
        guard let model = loaded as? ConversationModel else {
            throw BenchError("\(directory) is no SmolVLM checkpoint: Tools/random_smolvlm.py makes one")
        }
        return model
    }
}

/// Seconds of a caption of random weights, from the decoded picture.
struct SmolVLMCaption {
    static let tokens = 20

    /// The picture's own part of the way: its resizes, to pixel values.
    let pixels: Double
    /// To the first token, the picture's part included.
    let firstToken: Double
    /// To the last.
    let all: Double
    /// One further token.
    var decode: Double { (all - firstToken) / Double(Self.tokens - 1) }

    /// Captions a picture greedily; random weights end no answer, so it has as many tokens as any other.
    static func measured(_ model: ConversationModel, _ image: RGBImage) throws -> SmolVLMCaption {
        let prompt = try model.promptTokens(for: .caption(names: []))
        let pixels = Timing.seconds { _ = model.vision.pixels(of: image) }
        let clock = ContinuousClock()
        let start = clock.now
        let state = try model.begin(
            prefix: model.prefix(for: model.features(of: image)), concepts: [], prompt: prompt, capacity: tokens)
        var token = Sampler.greedy(state.logits)
        let firstToken = (clock.now - start) / .seconds(1)
        for _ in 1..<tokens {
            try model.step([state], tokens: [token])
            token = Sampler.greedy(state.logits)
        }
        return SmolVLMCaption(pixels: pixels, firstToken: firstToken, all: (clock.now - start) / .seconds(1))
    }
}
