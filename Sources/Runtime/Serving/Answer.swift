public import VLM

/// What is asked about a picture.
public enum AnswerTask: Sendable, Equatable {
    /// A caption.
    case caption
    /// An answer to a question.
    case question(String)
    /// A box around a thing, or around what a question asks for ("Where is Zibo?"); only of a model that answers with boxes.
    case place(String)

    func naming(_ names: [String]) -> VLMTask {
        switch self {
        case .caption: .caption(names: names)
        case .question(let question): .question(question, names: names)
        case .place(let words): .place(PlaceQuestion.subject(ofPlace: words, among: names))
        }
    }

    /// The one thing whose place is asked for; nil for every other task.
    func placeAsked(among names: [String]) -> String? {
        switch self {
        case .caption: nil
        case .question(let question): PlaceQuestion.subject(of: question, among: names)
        case .place(let words): PlaceQuestion.subject(ofPlace: words, among: names)
        }
    }
}

/// How tokens are chosen.
public struct Sampling: Sendable, Equatable {
    /// 0 is greedy.
    public var temperature: Float
    /// Nucleus sampling keeps the likeliest tokens up to this mass; 1 keeps all.
    public var topP: Float
    /// Same seed, same text.
    public var seed: UInt64
    /// 0 takes the runtime's default.
    public var maximumTokens: Int
    /// Search for the likeliest answer instead of choosing token by token; then nothing is drawn, and the text comes whole.
    public var search: BeamSearch?

    /// A choice; greedy unless told otherwise.
    public init(
        temperature: Float = 0, topP: Float = 1, seed: UInt64 = 0, maximumTokens: Int = 0, search: BeamSearch? = nil
    ) {
        self.search = search
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
        self.maximumTokens = maximumTokens
    }
}

/// Why an answer ended.
public enum FinishReason: String, Sendable {
    /// The model was done.
    case stop
    /// The token limit was reached.
    case length
}

/// Where the time went, in seconds.
public struct AnswerTimings: Sendable, Equatable {
    /// Waiting for a turn.
    public var queueSeconds = 0.0
    /// Vision pass, faces and heads.
    public var visionSeconds = 0.0
    /// From the call to the first token.
    public var firstTokenSeconds = 0.0
    /// From the call to the end.
    public var totalSeconds = 0.0
    /// Tokens said, the stop token not counted.
    public var tokens = 0
}

/// One concept of the user and whether it is in the picture.
public struct Recognition: Sendable, Equatable {
    /// Its name.
    public let concept: String
    /// Its version.
    public let version: Int
    /// The word answers use.
    public let identifier: String
    /// Object or person.
    public let kind: ConceptKind
    /// Objects: calibrated probability, the highest of the picture's parts; where a look-alike of the user took a part,
    /// what that leaves. Persons: Euclidean distance of the nearest key; infinite without a face.
    public let score: Float
    /// Objects fire at this and above, persons at this and below.
    public let threshold: Float
    /// Whether it is taken to be in the picture.
    public let fired: Bool
    /// Persons: the faces taken to be theirs.
    public let boxes: [PictureBox]
    /// Objects: what each cell of the visual grid adds to the head's logit, row by row. Empty for persons.
    public let heat: [Float]
    /// Columns of `heat`; 0 where it is empty.
    public let heatColumns: Int

    package init(
        concept: String, version: Int, identifier: String, kind: ConceptKind, score: Float, threshold: Float,
        fired: Bool, boxes: [PictureBox], heat: [Float], heatColumns: Int
    ) {
        self.concept = concept
        self.version = version
        self.identifier = identifier
        self.kind = kind
        self.score = score
        self.threshold = threshold
        self.fired = fired
        self.boxes = boxes
        self.heat = heat
        self.heatColumns = heatColumns
    }
}

/// The end of an answer.
public struct AnswerEnd: Sendable {
    /// The whole text: all pieces concatenated.
    public let text: String
    /// Why it ended.
    public let finish: FinishReason
    /// The concepts that fired, in the order of names.
    public let recognitions: [Recognition]
    /// Faces in the picture; 0 where no person was looked for.
    public let faces: Int
    /// Digest of the concept set the answer was made with; that of the empty set for a frozen answer.
    public let conceptSetDigest: String
    /// Digest of the frozen model.
    public let modelDigest: String
    /// Revision of the user's concepts.
    public let revision: Int64
    /// What the frozen model saw.
    public let tags: [ObjectTag]
    /// Where the time went.
    public let timings: AnswerTimings
    /// Concepts of the user the answer was made without, in the order of names.
    public let skipped: [SkippedConcept]
    /// Boxes that the model's words name, in their order, where it answers with boxes; then, where the place of a concept
    /// that fired was asked for, those of its head.
    public let places: [AnswerPlace]
}

/// One event of a streamed answer.
public enum AnswerEvent: Sendable {
    /// More text.
    case text(String)
    /// The last event.
    case end(AnswerEnd)
}

/// Which of the user's concepts are in a picture.
public struct RecognitionReport: Sendable {
    /// All of the user's concepts, in the order of names.
    public let recognitions: [Recognition]
    /// Faces in the picture; 0 where no person was looked for.
    public let faces: Int
    /// Digest of the concept set.
    public let conceptSetDigest: String
    /// Revision of the user's concepts.
    public let revision: Int64
    /// What the frozen model saw.
    public let tags: [ObjectTag]
    /// Concepts of the user that could not be looked for, in the order of names.
    public let skipped: [SkippedConcept]
}
