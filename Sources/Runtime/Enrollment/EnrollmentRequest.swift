public import VLM

/// One photo to enroll from.
public struct EnrollmentPhoto: Sendable {
    /// For messages only.
    public let name: String
    /// A JPEG, PNG or WebP file.
    public let bytes: [UInt8]
    /// What the photo shows, each with `{concept}` exactly once; none lets the frozen model describe it.
    public let captions: [String]

    /// A photo.
    public init(name: String, bytes: [UInt8], captions: [String] = []) {
        self.name = name
        self.bytes = bytes
        self.captions = captions
    }
}

/// What an embedding is trained to say.
public enum EnrollmentTask: String, Sendable, Codable {
    /// Captions.
    case caption
    /// Answers to questions about the concept, which the frozen model is asked first; a tenth of the steps are
    /// captions (MyVLM, sec. 4 and its Table 3).
    case vqa
}

/// What to enroll.
public struct EnrollmentRequest: Sendable {
    /// Object or person; nil finds out from the photos, and the answer's manifest says what it was.
    public var kind: ConceptKind?
    /// The word answers use: a short name works best.
    public var identifier: String
    /// "dog", "mug"; nil takes what the frozen model sees most.
    public var classNoun: String?
    /// 1 to 20 photos; 4 are enough.
    public var photos: [EnrollmentPhoto]
    /// Same seed, photos, captions, other concepts and model: same bytes.
    public var seed: UInt64
    /// Artifacts of the user's other concepts: what they look like joins the negatives.
    public var otherConcepts: [[UInt8]]
    /// Settings of the embedding's training; nil takes the model's defaults.
    public var training: ConceptTrainingDefaults?
    /// What the embedding is trained to say.
    public var task: EnrollmentTask
    /// Whether the embedding is trained on mirrored, lighter, darker and turned views too; off is MyVLM's ablation.
    public var augments: Bool

    /// A request.
    public init(
        kind: ConceptKind?, identifier: String, classNoun: String? = nil, photos: [EnrollmentPhoto], seed: UInt64 = 42,
        otherConcepts: [[UInt8]] = [], training: ConceptTrainingDefaults? = nil, task: EnrollmentTask = .caption,
        augments: Bool = true
    ) {
        self.kind = kind
        self.identifier = identifier
        self.classNoun = classNoun
        self.photos = photos
        self.seed = seed
        self.otherConcepts = otherConcepts
        self.training = training
        self.task = task
        self.augments = augments
    }
}
