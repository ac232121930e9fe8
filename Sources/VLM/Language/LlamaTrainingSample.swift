/// One sample of a concept's training on the language side: prefix, concept rows, prompt, target.
public struct LlamaTrainingSample: Sendable {
    /// What stands before the concept rows.
    public let prefix: KeyValuePrefix
    /// The norm concept rows are rescaled to.
    public let conceptNorm: Float
    /// Tokens between the concept rows and the target.
    public let prompt: [Int32]
    /// Target tokens.
    public let target: [Int32]

    /// A sample.
    public init(prefix: KeyValuePrefix, conceptNorm: Float, prompt: [Int32], target: [Int32]) {
        self.prefix = prefix
        self.conceptNorm = conceptNorm
        self.prompt = prompt
        self.target = target
    }
}
