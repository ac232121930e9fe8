/// The stages of an enrollment in their order: what its events, the row of its job and clients call them.
public enum EnrollmentStage: String, Sendable, CaseIterable {
    /// Decoding, looking, comparing.
    case checkingPhotos = "checking photos"
    /// The head and its threshold.
    case trainingHead = "training head"
    /// The sentences the embedding is trained on.
    case preparingCaptions = "preparing captions"
    /// The rows beside the visual tokens.
    case trainingEmbedding = "training embedding"
    /// Writing the version down; the training is over.
    case committing
}
