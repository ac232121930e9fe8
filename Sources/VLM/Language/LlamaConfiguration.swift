/// The shape of a decoder of the Llama family (Llama, Vicuna, Mistral, Qwen2): RMSNorm, rotary positions (rotate-half),
/// grouped-query attention, SwiGLU.
///
/// A sliding window (Mistral) is an upper limit here: within it attention is plain and causal, so `contextSize` is at
/// most the window.
public struct LlamaConfiguration: Sendable, Equatable {
    /// Transformer blocks.
    public var blocks: Int
    /// Width of the residual stream.
    public var hiddenSize: Int
    /// Width inside the feed-forward part.
    public var intermediateSize: Int
    /// Attention heads.
    public var queryHeads: Int
    /// Heads of keys and values; divides `queryHeads`.
    public var keyValueHeads: Int
    /// Width of one head; a multiple of 16.
    public var headSize: Int
    /// Number of tokens.
    public var vocabularySize: Int
    /// Positions a sequence may have.
    public var contextSize: Int
    /// Base of the rotary frequencies, theta.
    public var ropeBase: Float
    /// Added to the mean square in RMSNorm.
    public var normEpsilon: Float
    /// Whether queries, keys and values have biases (Qwen2).
    public var attentionBias: Bool
    /// How the rotary frequencies are stretched.
    public var ropeScaling: RotaryScaling

    /// A shape.
    public init(
        blocks: Int, hiddenSize: Int, intermediateSize: Int, queryHeads: Int, keyValueHeads: Int, headSize: Int,
        vocabularySize: Int, contextSize: Int, ropeBase: Float, normEpsilon: Float, attentionBias: Bool = false,
        ropeScaling: RotaryScaling = .none
    ) {
        self.blocks = blocks
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.queryHeads = queryHeads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.vocabularySize = vocabularySize
        self.contextSize = contextSize
        self.ropeBase = ropeBase
        self.normEpsilon = normEpsilon
        self.attentionBias = attentionBias
        self.ropeScaling = ropeScaling
    }

    /// The shape of its blocks.
    var shape: TransformerShape {
        TransformerShape(
            width: hiddenSize, inner: intermediateSize, heads: queryHeads, keyHeads: keyValueHeads, headSize: headSize,
            norm: .rootMeanSquare, epsilon: normEpsilon, normsFirst: true, activation: .silu, isGated: true,
            scoreScale: 1 / Float(headSize).squareRoot(), isCausal: true)
    }

    /// Width of all query heads.
    var queryWidth: Int { queryHeads * headSize }
    /// Width of all key heads, and of all value heads.
    var keyWidth: Int { keyValueHeads * headSize }

    /// Throws `unsupported` for shapes the kernels do not run.
    func validate() throws {
        let sizes = [
            blocks, hiddenSize, intermediateSize, queryHeads, keyValueHeads, headSize, vocabularySize, contextSize,
        ]
        guard sizes.allSatisfy({ $0 > 0 && $0 < 1 << 24 }) else {
            throw VLMError(.unsupported, "a size of the language model is not positive or absurdly large: \(sizes)")
        }
        guard headSize % 16 == 0 else {
            throw VLMError(.unsupported, "heads of \(headSize) numbers; the kernels need a multiple of 16")
        }
        guard queryHeads % keyValueHeads == 0 else {
            throw VLMError(.unsupported, "\(queryHeads) query heads do not share \(keyValueHeads) key heads evenly")
        }
        guard ropeBase > 0, normEpsilon >= 0, ropeBase.isFinite, normEpsilon.isFinite else {
            throw VLMError(.unsupported, "rotary base \(ropeBase) or norm epsilon \(normEpsilon) out of range")
        }
        try ropeScaling.validate()
    }
}
