import Foundation
public import VLM

/// What a concept is recognised by.
public enum ConceptKind: String, Sendable, Codable {
    /// A thing or an animal, by a head on the frozen model's features.
    case object
    /// A person, by the face.
    case person
}

/// How an embedding was trained. Free of times and machine, so that the same training gives the same record.
public struct TrainingRecord: Sendable, Codable, Equatable {
    /// The settings.
    public let settings: ConceptTrainingDefaults
    /// What it was trained to say; absent in records of earlier releases, which knew captions alone.
    public let task: EnrollmentTask?
    /// Whether it was trained on changed views too; absent in records of earlier releases, which always did.
    public let augments: Bool?
    /// The checkpoint that was kept, in steps.
    public let checkpoint: Int
    /// Cross-entropy on held-back views before training, nats a token.
    public let initialCrossEntropy: Float
    /// The same for the kept checkpoint.
    public let finalCrossEntropy: Float
    /// Views the embedding was trained on.
    public let views: Int
    /// Different target sentences.
    public let sentences: Int
    /// Negatives the head was trained against; 0 for persons.
    public let negatives: Int
    /// Share of held-out photos the head recognised; absent for persons and single photos.
    public let heldOutRecall: Double?
    /// Share of held-out negatives the head fired on; absent for persons.
    public let heldOutFalsePositives: Double?
    /// SHA-256 of each photo, in the order given.
    public let photoDigests: [String]

    package init(
        settings: ConceptTrainingDefaults, task: EnrollmentTask? = .caption, augments: Bool? = true, checkpoint: Int,
        initialCrossEntropy: Float, finalCrossEntropy: Float,
        views: Int, sentences: Int, negatives: Int, heldOutRecall: Double?, heldOutFalsePositives: Double?,
        photoDigests: [String]
    ) {
        self.settings = settings
        self.task = task
        self.augments = augments
        self.checkpoint = checkpoint
        self.initialCrossEntropy = initialCrossEntropy
        self.finalCrossEntropy = finalCrossEntropy
        self.views = views
        self.sentences = sentences
        self.negatives = negatives
        self.heldOutRecall = heldOutRecall
        self.heldOutFalsePositives = heldOutFalsePositives
        self.photoDigests = photoDigests
    }
}

/// What an artifact says of itself. Its name is not in it: two names for one concept share the bytes.
public struct ArtifactManifest: Sendable, Codable, Equatable {
    /// The format this release writes and reads.
    public static let currentFormat = 1

    /// Version of the format.
    public let formatVersion: Int
    /// Object or person.
    public let kind: ConceptKind
    /// The word answers use.
    public let identifier: String
    /// What it is in everyday language: "mug".
    public let classNoun: String
    /// The model's name, for messages.
    public let modelName: String
    /// The digest of the frozen model this was made for.
    public let modelDigest: String
    /// Where the embedding joins the model, an `InsertionPoint`.
    public let insertionPoint: String
    /// Objects: the probability from which on the head fires. Persons: the distance up to which it fires.
    public let threshold: Float
    /// Photos used.
    public let photos: Int
    /// The seed of the training.
    public let seed: UInt64
    /// How the embedding was trained.
    public let training: TrainingRecord

    /// Canonical JSON of the training record: sorted keys, no white space.
    public var trainingJSON: String {
        get throws { String(decoding: try Self.canonical(training), as: UTF8.self) }
    }

    /// Canonical JSON: sorted keys, no white space.
    package func encoded() throws -> String {
        String(decoding: try Self.canonical(self), as: UTF8.self)
    }

    private static func canonical(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    package init(json: String) throws {
        do {
            self = try JSONDecoder().decode(ArtifactManifest.self, from: Data(json.utf8))
        } catch {
            throw RuntimeError(
                .artifactMalformed, "the artifact's manifest is not of the documented form: enroll again", cause: error)
        }
    }
}

extension ArtifactManifest {
    package init(
        kind: ConceptKind, identifier: String, classNoun: String, model: ModelIdentity, threshold: Float, photos: Int,
        seed: UInt64, training: TrainingRecord
    ) {
        self.formatVersion = Self.currentFormat
        self.kind = kind
        self.identifier = identifier
        self.classNoun = classNoun
        self.modelName = model.name
        self.modelDigest = model.digest
        self.insertionPoint = model.insertionPoint.rawValue
        self.threshold = threshold
        self.photos = photos
        self.seed = seed
        self.training = training
    }
}
