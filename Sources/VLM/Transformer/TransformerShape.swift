/// The shape of a stack of transformer blocks: Llama's, OPT's, T5's, a vision tower's, BERT's (Q-Former, sentences).
package struct TransformerShape: Sendable, Equatable {
    /// What normalises rows.
    package enum Norm: Sendable, Equatable {
        /// Mean and variance, with a bias.
        case layer
        /// The root of the mean square, without a bias (Llama, T5).
        case rootMeanSquare
    }

    /// Width of the residual stream.
    var width: Int
    /// Width inside the feed-forward part.
    var inner: Int
    /// Heads of queries.
    var heads: Int
    /// Heads of keys and values, which divide those of queries; fewer where several queries share a key.
    var keyHeads: Int
    /// Numbers of a head.
    var headSize: Int
    var norm: Norm
    /// Added to the variance or the mean square.
    var epsilon: Float
    /// Whether a part reads normed rows (Llama, OPT, T5, towers) or its sum with what it read is normed (BERT, OPT-350m).
    var normsFirst: Bool
    var activation: BiasedLinear.Activation
    /// Whether the feed-forward part is activation(g) u of two maps.
    var isGated: Bool
    /// Factor of attention scores: 1 / sqrt(headSize), or 1 (T5).
    var scoreScale: Float
    /// Whether rows see only those before them.
    var isCausal: Bool

    /// Width of all query heads.
    var attention: Int { heads * headSize }
    /// Width of all key heads, and of all value heads.
    var keyWidth: Int { keyHeads * headSize }
    /// Width of queries, keys and values together.
    var queryKeyValue: Int { attention + 2 * keyWidth }
    /// Width of what the activation reads.
    var wideInner: Int { isGated ? 2 * inner : inner }

    /// Throws `unsupported` for shapes the kernels do not run.
    func validate(_ what: String) throws {
        let sizes = [width, inner, heads, headSize]
        guard sizes.allSatisfy({ (1..<1 << 20).contains($0) }), epsilon >= 0, epsilon.isFinite else {
            throw VLMError(.unsupported, "the \(what) states sizes that cannot be: \(sizes)")
        }
        guard headSize % 16 == 0 else {
            throw VLMError(
                .unsupported, "the \(what) has heads of \(headSize) numbers; the kernels need a multiple of 16")
        }
    }
}
