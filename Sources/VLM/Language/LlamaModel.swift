public import Compute

/// A frozen decoder of the Llama family. Immutable; every method may be called from any thread.
///
/// The numbers of a row depend on that row and the positions before it, never on the other sequences of a batch, on how
/// a sequence was cut into calls, or on the number of threads: equal bits, not nearly equal.
public struct LlamaModel: Sendable {
    /// Its shape.
    public let configuration: LlamaConfiguration
    package let weights: LlamaWeights
    let stack: TransformerStack
    let head: LanguageHead

    /// A model of these weights.
    public init(weights: LlamaWeights) {
        configuration = weights.configuration
        self.weights = weights
        stack = TransformerStack(
            shape: configuration.shape, blocks: weights.blocks,
            rotary: RotaryTable(
                positions: configuration.contextSize, headSize: configuration.headSize, base: configuration.ropeBase,
                scaling: configuration.ropeScaling))
        head = LanguageHead(norm: weights.finalNorm, projection: nil, scale: 1, weight: weights.head)
    }

    /// The input embeddings of tokens, `[tokens.count, hiddenSize]`. Throws `invalidArgument` for an unknown token.
    public func embeddings(of tokens: [Int32]) throws -> Matrix {
        var result = Matrix(rows: tokens.count, columns: configuration.hiddenSize)
        try result.values.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { try writeEmbeddings(of: tokens, to: base) }
        }
        return result
    }

    /// Writes `[tokens.count, hiddenSize]`.
    func writeEmbeddings(of tokens: [Int32], to rows: UnsafeMutablePointer<Float>) throws {
        try check(tokens)
        for (index, token) in tokens.enumerated() {
            weights.embedding.copyRow(Int(token), to: rows + index * configuration.hiddenSize)
        }
    }

    /// Throws `invalidArgument` for an unknown token.
    func check(_ tokens: [Int32]) throws {
        if let unknown = tokens.first(where: { $0 < 0 || Int($0) >= configuration.vocabularySize }) {
            throw VLMError(.invalidArgument, "token \(unknown) is not one of \(configuration.vocabularySize)")
        }
    }

    /// Throws `contextOverflow` when `count` positions are more than the model has.
    func checkContext(_ count: Int) throws {
        guard count <= configuration.contextSize else {
            throw VLMError(
                .contextOverflow,
                "\(count) positions are more than the model's \(configuration.contextSize); shorten the prompt")
        }
    }
}
