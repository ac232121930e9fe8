public import Compute

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

/// The samples of one concept in a step.
public struct LlamaConceptBatch: Sendable {
    /// At least one.
    public let samples: [LlamaTrainingSample]
    /// `[tokens, hiddenSize]`.
    public let concept: Matrix
    /// Of these samples.
    public let regularizer: AttentionRegularizer

    /// A batch.
    public init(samples: [LlamaTrainingSample], concept: Matrix, regularizer: AttentionRegularizer) {
        self.samples = samples
        self.concept = concept
        self.regularizer = regularizer
    }
}
