package import LocalFiles
import RPC

/// A photo as it is sent: the bytes of a JPEG, PNG or WebP file.
public struct Photo: Sendable {
    /// Bytes a photo may have.
    public static let maximumBytes = Bounds.photoBytes.upperBound
    /// For messages only.
    public let name: String
    /// The file's bytes, sent as they are.
    public let bytes: [UInt8]

    /// A photo from memory.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a photo: a file, or whatever else gives bytes and ends, such as a pipe. Throws `noInput` where it cannot be
    /// read and `invalidArgument` above 24 MiB and for what is no picture by its first bytes, each naming it.
    /// - Parameter path: a name that is no UTF-8 is carried as the command line does it, each byte above 0x7F that is no
    ///   part of UTF-8 as the scalar U+10FF00 plus the byte.
    public init(file path: String) throws(MyVLMError) { try self.init(path: LocalPath(path)) }

    /// Reads a photo. Throws as `init(file:)`.
    package init(path: LocalPath) throws(MyVLMError) {
        let bytes: [UInt8]
        do {
            bytes = try LocalInput.contents(of: path, limit: Self.maximumBytes)
        } catch {
            throw MyVLMError(file: error)
        }
        try RuleError.told(as: MyVLMError.init) { () throws(RuleError) in
            try PhotoRules.check(bytes, name: path.shown)
        }
        self.init(name: path.name.shown, bytes: bytes)
    }
}

/// What an enrollment learns to say.
public enum EnrollmentTask: String, Sendable, Codable {
    /// Captions that name the concept.
    case captions
    /// Answers to questions about it, which the frozen model is asked first.
    case questions
}

/// What to teach.
public struct EnrollmentOrder: Sendable {
    /// How its owner calls the concept.
    public var name: String
    /// What it is of; nil finds it out from the photos, and the version says what it was.
    public var kind: ConceptKind?
    /// "dog", "mug"; empty lets the frozen model say it.
    public var classNoun: String
    /// The word answers use; empty takes the name.
    public var identifier: String
    /// One photo is enough; three to five are better.
    public var photos: [Photo]
    /// Sentences with `{concept}` once, by the index of their photo.
    public var captions: [(photo: Int, text: String)]
    /// Same photos, captions and seed: same version. 0 takes the server's default.
    public var seed: UInt64
    /// When the new version may be committed.
    public var condition: PointerCondition
    /// Why; kept in the history.
    public var reason: String
    /// Whether the enrollment goes on when nobody listens any more.
    public var detach = false
    /// Whether the server keeps the photos with the version, sealed; otherwise it deletes them after the training.
    public var keepPhotos = false
    /// What is learned.
    public var task = EnrollmentTask.captions

    /// An order.
    public init(
        name: String, kind: ConceptKind? = nil, classNoun: String = "", identifier: String = "", photos: [Photo],
        captions: [(photo: Int, text: String)] = [], seed: UInt64 = 0, condition: PointerCondition = .always,
        reason: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.classNoun = classNoun
        self.identifier = identifier
        self.photos = photos
        self.captions = captions
        self.seed = seed
        self.condition = condition
        self.reason = reason
    }
}

/// What an enrollment tells while it runs.
public enum EnrollmentEvent: Sendable, Equatable {
    /// Photos sent so far.
    case uploaded(photos: Int, of: Int)
    /// The server has written the enrollment down: it can be looked at, cancelled and attached to by this.
    case job(Job)
    /// A stage begins: "checking photos", "training head", …
    case stage(String)
    /// One training step.
    case progress(TrainingProgress)
    /// Something worth knowing.
    case note(String)
    /// The last event.
    case done(Enrolled)
}

/// One training step.
public struct TrainingProgress: Sendable, Equatable, Codable {
    /// Counts from 1.
    public let step: Int
    /// Steps altogether.
    public let steps: Int
    /// Cross-entropy and regulariser together.
    public let loss: Float
    /// Nats a target token.
    public let crossEntropy: Float
    /// The regulariser with its weight.
    public let regularization: Float
    /// Estimated seconds left.
    public let secondsLeft: Float
    /// At a checkpoint what the model now says of the first photo.
    public let sample: String?
}

/// What an enrollment has made.
public struct Enrolled: Sendable, Equatable, Codable {
    /// The version.
    public let version: ConceptVersion
    /// False when the same bytes already were a version: that one is `version`.
    public let created: Bool
}

/// The server about itself.
public struct ServerStatus: Sendable, Equatable, Codable {
    /// The release.
    public let version: String
    /// The frozen model.
    public let modelName: String
    /// Its digest.
    public let modelDigest: String
    /// Milliseconds since its start.
    public let uptimeMs: Int64
    /// Answers being made.
    public let activeRequests: Int
    /// Answers that wait.
    public let queuedRequests: Int
    /// Enrollments that train or wait.
    public let enrollments: Int
    /// Concepts kept in memory.
    public let residentSets: Int
    /// Bytes they take.
    public let residentBytes: UInt64
    /// The server's clock, milliseconds since 1970.
    public let serverTimeMs: Int64
}
