/// How an answer is drawn from the model.
public struct SamplingOptions: Sendable, Equatable {
    /// 0 is greedy: the same picture and concepts give the same words.
    public var temperature: Float
    /// Nucleus sampling; 1 is off.
    public var topP: Float
    /// Seed of the draws.
    public var seed: UInt64
    /// 0 takes the server's default.
    public var maximumTokens: Int
    /// Above 1: search for the likeliest answer with so many continuations side by side; the temperature must be 0.
    public var beams: Int
    /// Of the search: above 0 longer answers are favoured, below 0 shorter ones.
    public var lengthPenalty: Float

    /// Greedy by default.
    public init(
        temperature: Float = 0, topP: Float = 1, seed: UInt64 = 0, maximumTokens: Int = 0, beams: Int = 1,
        lengthPenalty: Float = 1
    ) {
        self.beams = beams
        self.lengthPenalty = lengthPenalty
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
        self.maximumTokens = maximumTokens
    }
}

/// One event of a caption or an answer.
public enum AnswerEvent: Sendable, Equatable {
    /// The next piece of text.
    case text(String)
    /// The last event: the whole answer.
    case end(Answer)
}

/// A finished caption or answer.
public struct Answer: Sendable, Equatable, Codable {
    /// The whole text.
    public let text: String
    /// The concepts that fired.
    public let fired: [Recognition]
    /// What the frozen vision side saw.
    public let tags: [Tag]
    /// Digest of the concept set the answer was made with: equal digests, equal concepts.
    public let conceptSetDigest: String
    /// Digest of the frozen model.
    public let modelDigest: String
    /// "stop" or "length".
    public let finishReason: String
    /// Where the time went.
    public let timings: Timings
    /// Concepts it was made without: damaged ones, those of another model, and those beyond what one answer looks at. At
    /// most a hundred are told.
    public let skipped: [SkippedConcept]
}

/// A concept, or one version of it, that was left out.
public struct SkippedConcept: Sendable, Equatable, Codable {
    /// `OWNER/CONCEPT` where another user shares it.
    public let concept: String
    /// The version; nil where all of it was left out.
    public let version: Int?
    /// Why, and what to do.
    public let reason: String
}

/// Where an answer's time went.
public struct Timings: Sendable, Equatable, Codable {
    /// Milliseconds before work began.
    public let queueMs: Float
    /// Milliseconds of the vision pass.
    public let visionMs: Float
    /// Milliseconds until the first token.
    public let firstTokenMs: Float
    /// Milliseconds altogether.
    public let totalMs: Float
    /// Tokens of the answer.
    public let tokens: Int
}

/// A noun the frozen vision side saw.
public struct Tag: Sendable, Equatable, Codable {
    /// "teapot".
    public let name: String
    /// 0...1.
    public let probability: Float
}

/// Pixels of the picture after its EXIF turn, origin top left.
public struct Box: Sendable, Equatable, Codable {
    /// Left edge.
    public let x: Float
    /// Upper edge.
    public let y: Float
    /// Pixels.
    public let width: Float
    /// Pixels.
    public let height: Float
}

/// What one concept's head says of a picture.
public struct Recognition: Sendable, Equatable, Codable {
    /// The concept's name.
    public let concept: String
    /// The version that was asked.
    public let version: Int
    /// The word answers use.
    public let identifier: String
    /// Objects: probability. Persons: distance of the nearest face; nil where the picture holds no face.
    public let score: Float?
    /// The score it takes to fire (objects: at least, persons: at most).
    public let threshold: Float
    /// Whether it fired.
    public let fired: Bool
    /// Where known (persons: the face).
    public let boxes: [Box]
    /// Objects: how much each cell of the visual grid spoke for the concept, row by row.
    public let heat: [Float]
    /// Columns of `heat`.
    public let heatColumns: Int
}

/// What all of the caller's concepts say of a picture.
public struct RecognitionReport: Sendable, Equatable, Codable {
    /// One entry a concept.
    public let results: [Recognition]
    /// Faces in the picture.
    public let faces: Int
    /// What the frozen vision side saw.
    public let tags: [Tag]
    /// Digest of the concept set.
    public let conceptSetDigest: String
    /// See `Answer.skipped`.
    public let skipped: [SkippedConcept]
}
