public import RPCMessages

/// How an answer is drawn from the model: greedy unless told otherwise. A `beam` searches for the likeliest answer.
public typealias SamplingOptions = Sampling

/// A finished caption or answer.
public typealias Answer = AnswerEnd

/// What all of the caller's concepts say of a picture.
public typealias RecognitionReport = RecognizeReply

extension Recognition {
    /// The score; nil where there was nothing to score: a person, and no face in the picture.
    public var knownScore: Float? { score.isFinite ? score : nil }
}
