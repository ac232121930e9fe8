public import RPCMessages

/// How an answer is drawn from the model: greedy unless told otherwise. A `beam` searches for the likeliest answer.
public typealias SamplingOptions = Sampling

/// A finished caption or answer.
public typealias Answer = AnswerEnd

/// The scores of all of the caller's concepts for a picture.
public typealias RecognitionReport = RecognizeReply

extension Recognition {
    /// The score; nil where there was nothing to score: for a person when there is no face in the picture.
    public var knownScore: Float? { score.isFinite ? score : nil }
}
