public import Rules

/// One step of the embedding's training.
public struct TrainingStep: Sendable, Equatable {
    /// Counted from 1.
    public let step: Int
    /// Of how many.
    public let steps: Int
    /// Cross-entropy and regulariser.
    public let loss: Float
    /// Nats a token.
    public let crossEntropy: Float
    /// The regulariser with its weight.
    public let regularization: Float
    /// Estimate from the steps so far.
    public let secondsLeft: Double
    /// At a checkpoint what the model now says of the first photo; nil between checkpoints.
    public let sample: String?

    package init(
        step: Int, steps: Int, loss: Float, crossEntropy: Float, regularization: Float, secondsLeft: Double,
        sample: String? = nil
    ) {
        self.step = step
        self.steps = steps
        self.loss = loss
        self.crossEntropy = crossEntropy
        self.regularization = regularization
        self.secondsLeft = secondsLeft
        self.sample = sample
    }
}

/// What an enrollment tells while it runs.
public enum EnrollmentProgress: Sendable, Equatable {
    /// A stage begins.
    case stage(EnrollmentStage)
    /// A training step is done.
    case step(TrainingStep)
    /// Something its owner should know.
    case note(String)
}

/// What an enrollment made.
public struct EnrolledConcept: Sendable {
    /// The artifact's bytes.
    public let artifact: [UInt8]
    /// Their SHA-256, lower-case hex.
    public let digest: String
    /// What the artifact says of itself.
    public let manifest: ArtifactManifest
    /// The sentences the embedding was trained on, for its owner to check; they are not in the artifact.
    public let sentences: [String]
}
