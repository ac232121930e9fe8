/// Names every weight of a Llama decoder once. Shapes in Hugging Face order, `[outputs, inputs]`.
public enum LlamaTensor: Hashable, Sendable {
    /// `[vocabulary, hidden]`
    case embedding
    /// `[hidden]`
    case attentionNorm(Int)
    /// `[queryHeads * headSize, hidden]`, rows of a head as [first halves, second halves] of the rotary pairs.
    case query(Int)
    /// `[keyValueHeads * headSize, hidden]`, rows as in `query`.
    case key(Int)
    /// `[keyValueHeads * headSize, hidden]`
    case value(Int)
    /// `[queryHeads * headSize]`, in the order of `query`'s rows; only with `attentionBias`.
    case queryBias(Int)
    /// `[keyValueHeads * headSize]`; only with `attentionBias`.
    case keyBias(Int)
    /// `[keyValueHeads * headSize]`; only with `attentionBias`.
    case valueBias(Int)
    /// `[hidden, queryHeads * headSize]`
    case output(Int)
    /// `[hidden]`
    case mlpNorm(Int)
    /// `[intermediate, hidden]`
    case gate(Int)
    /// `[intermediate, hidden]`
    case up(Int)
    /// `[hidden, intermediate]`
    case down(Int)
    /// `[hidden]`
    case finalNorm
    /// `[vocabulary, hidden]`; absent when tied to the embedding.
    case head

    /// The shape in a model.
    public func shape(in configuration: LlamaConfiguration) -> [Int] {
        let c = configuration
        switch self {
        case .embedding, .head: return [c.vocabularySize, c.hiddenSize]
        case .attentionNorm, .mlpNorm, .finalNorm: return [c.hiddenSize]
        case .query: return [c.queryWidth, c.hiddenSize]
        case .key, .value: return [c.keyWidth, c.hiddenSize]
        case .queryBias: return [c.queryWidth]
        case .keyBias, .valueBias: return [c.keyWidth]
        case .output: return [c.hiddenSize, c.queryWidth]
        case .gate, .up: return [c.intermediateSize, c.hiddenSize]
        case .down: return [c.hiddenSize, c.intermediateSize]
        }
    }
}
