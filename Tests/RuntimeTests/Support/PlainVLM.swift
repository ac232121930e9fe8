import Compute
import Synchronization
import VLM
import VLMTestSupport

/// A model that is another one, less what is left out.
protocol ForwardingVLM: FrozenVLM {
    var model: any CompleteVLM { get }
}

extension ForwardingVLM {
    var identity: ModelIdentity { model.identity }
    var negatives: NegativeBank { model.negatives }
    var stopTokens: [Int32] { model.stopTokens }
    var contextSize: Int { model.contextSize }

    func features(of image: RGBImage) throws -> ImageFeatures { try model.features(of: image) }
    func tokens(of text: String) -> [Int32] { model.tokens(of: text) }
    func bytes(of token: Int32) -> [UInt8] { model.bytes(of: token) }
    func step(_ states: [any Decoding], tokens: [Int32]) throws { try model.step(states, tokens: tokens) }
    func prefix(for features: ImageFeatures) throws -> any ImagePrefix { try model.prefix(for: features) }
    func promptTokens(for task: VLMTask) throws -> [Int32] { try model.promptTokens(for: task) }
    func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        try model.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: capacity)
    }
}

/// A model that sees and answers, and nothing else.
struct PlainVLM: ForwardingVLM {
    let model: any CompleteVLM

    init() throws { model = try TinyVLM.make() }
}

/// A model that counts how often it is asked for attention and for prefixes.
final class WatchedVLM: ForwardingVLM, AttentionModel {
    let model: any CompleteVLM
    private let counts = Mutex((attention: 0, prefixes: 0))

    init() throws { model = try TinyVLM.make() }

    var asked: (attention: Int, prefixes: Int) { counts.withLock { $0 } }

    func prefix(for features: ImageFeatures) throws -> any ImagePrefix {
        counts.withLock { $0.prefixes += 1 }
        return try model.prefix(for: features)
    }

    func attention(
        of concepts: [Matrix], after prefix: any ImagePrefix, in features: ImageFeatures
    ) throws -> [[Float]] {
        counts.withLock { $0.attention += 1 }
        return try model.attention(of: concepts, after: prefix, in: features)
    }

    func heat(ofAttention shares: [Float], width: Int, height: Int) -> PictureHeat? {
        model.heat(ofAttention: shares, width: width, height: height)
    }
}
