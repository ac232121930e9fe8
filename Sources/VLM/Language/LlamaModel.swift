public import Compute
internal import Kernels

/// A frozen decoder of the Llama family. Immutable; every method may be called from any thread.
///
/// The numbers of a row depend on that row and the positions before it, never on the other sequences of a batch, on how
/// a sequence was cut into calls, or on the number of threads: equal bits, not nearly equal.
public struct LlamaModel: Sendable {
    /// Its shape.
    public let configuration: LlamaConfiguration
    package let weights: LlamaWeights
    let rotary: RotaryTable
    let workspaces = WorkspacePool()

    /// A model of these weights.
    public init(weights: LlamaWeights) {
        configuration = weights.configuration
        self.weights = weights
        rotary = RotaryTable(weights.configuration)
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

    /// Final norm and head: logits `[count, vocabularySize]` of hidden rows.
    func writeLogits(
        of rows: UnsafePointer<Float>, count: Int, normed: UnsafeMutablePointer<Float>,
        to logits: UnsafeMutablePointer<Float>
    ) {
        mk_rms_norm(rows, weights.finalNorm, configuration.normEpsilon, count, configuration.hiddenSize, normed)
        weights.head.multiply(normed, rows: count, into: logits)
    }
}
