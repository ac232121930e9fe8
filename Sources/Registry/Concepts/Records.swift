/// A user's concept, as its current version describes it.
public struct ConceptRecord: Sendable, Equatable {
    /// What is recognised, which decides the kind of head.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// A thing, a pet, a place.
        case object
        /// A person, by the face.
        case person
    }

    /// Key of the concept; never reused.
    public let conceptID: Int64
    /// As its owner wrote it, in NFC; unique per user whatever the letter case.
    public let name: String
    /// Kind of the current version.
    public let kind: Kind
    /// Class noun of the current version.
    public let classNoun: String
    /// The words answers use.
    public let identifier: String
    /// The version `current` points to.
    public let currentVersion: Int
    /// Digest of the frozen model that version was made for.
    public let modelDigest: String
    /// How many versions there are.
    public let versionCount: Int
    /// How many of the newest versions are kept; nil keeps all.
    public let keepLast: Int?
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// When `current` last moved, milliseconds since 1970.
    public let updatedAtMs: Int64
}

/// An immutable version of a concept.
public struct VersionRecord: Sendable, Equatable {
    /// The concept's name.
    public let concept: String
    /// 1, 2, 3 and so on within the concept.
    public let number: Int
    /// SHA-256 of the artifact, lower-case hex.
    public let digest: String
    /// Size of the artifact.
    public let sizeBytes: Int
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Whether `current` points to it now.
    public let isCurrent: Bool
    /// Which kind of head it has.
    public let kind: ConceptRecord.Kind
    /// "dog", "mug", "woman".
    public let classNoun: String
    /// The words answers use.
    public let identifier: String
    /// Where the head fires; objects: probability, persons: distance.
    public let threshold: Double
    /// Digest of the frozen model it was made for.
    public let modelDigest: String
    /// Photos it was made from.
    public let photoCount: Int
    /// A JSON object with sorted keys.
    public let trainingRecord: String
    /// The version that was current when this one was made.
    public let parent: Int?
}

/// One move of a pointer.
public struct PointerRecord: Sendable, Equatable {
    /// Why the pointer moved.
    public enum Action: String, Sendable {
        /// A new version, or the same content again.
        case enroll
        /// To a version that was named.
        case promote
        /// Back to another value.
        case rollback
        /// An alias was set or moved.
        case alias
        /// An alias was removed.
        case unalias
        /// Taken in from a file.
        case `import`
    }

    /// The concept's name.
    public let concept: String
    /// `current`, or an alias.
    public let pointer: String
    /// Where it stood; nil for the first move.
    public let from: Int?
    /// Where it stood afterwards; nil for an alias that was removed.
    public let to: Int?
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// The user's name.
    public let by: String
    /// What moved it.
    public let action: Action
    /// In the caller's words; may be empty.
    public let reason: String
    /// The user's revision after it.
    public let revision: UInt64
}

/// Everything a finished training produced, to be committed as a version.
@dynamicMemberLookup
public struct EnrollmentCommit: Sendable {
    /// Name of the concept; made if there is none.
    public var concept: String
    /// What the artifact says of itself; its fields are the commit's. The training record is no part of the version's
    /// identity.
    public var description: ArtifactDescription
    /// What the runtime loads; opaque here.
    public var artifact: [UInt8]
    /// For the history; may be empty.
    public var reason: String
    /// When set, nothing happens unless `current` is this version now; 0 asks that the concept does not exist.
    public var ifVersion: Int?
    /// Photos to be kept with the version; none unless their owner asked for it.
    public var photos: [(name: String, bytes: [UInt8])] = []
    /// A version of the concept whose kept photos are kept with this one too, as far as their owner has not dropped them
    /// meanwhile.
    public var photosOfVersion: Int?

    /// A commit of `artifact` to `concept`.
    public init(
        concept: String, description: ArtifactDescription, artifact: [UInt8], reason: String = "",
        ifVersion: Int? = nil
    ) {
        self.concept = concept
        self.description = description
        self.artifact = artifact
        self.reason = reason
        self.ifVersion = ifVersion
    }

    /// A field of the description.
    public subscript<Value>(dynamicMember field: WritableKeyPath<ArtifactDescription, Value>) -> Value {
        get { description[keyPath: field] }
        set { description[keyPath: field] = newValue }
    }
}

/// What a commit did.
public struct CommitResult: Sendable, Equatable {
    /// The version, now current.
    public let version: VersionRecord
    /// False when the same content already was a version.
    public let created: Bool
    /// Nil when `current` already stood there.
    public let move: PointerRecord?
    /// The user's revision after it.
    public let revision: UInt64
}

/// A page of a user's concepts.
public struct ConceptPage: Sendable, Equatable {
    /// Sorted by name, letter case aside.
    public let concepts: [ConceptRecord]
    /// The user's revision: grows with each change of any of the user's concepts.
    public let revision: UInt64
}

/// A concept with its current version and its past.
public struct ConceptDetails: Sendable, Equatable {
    /// The concept.
    public let concept: ConceptRecord
    /// Its current version.
    public let current: VersionRecord
    /// Moves of `current` and of aliases, newest first.
    public let history: [PointerRecord]
    /// By name.
    public let aliases: [AliasRecord]
}

/// All of a user's current versions at one revision: what an answer is made with.
public struct ConceptSetSnapshot: Sendable, Equatable {
    /// The user's key.
    public let userID: Int64
    /// The user's revision it was read at.
    public let revision: UInt64
    /// SHA-256 over name, version and artifact digest of each item in order: equal digests, equal concepts.
    public let digest: String
    /// Sorted by the bytes of the name.
    public let items: [ConceptSetItem]
}

/// A current version in a set: what is needed to ask for its artifact.
public struct ConceptSetItem: Sendable, Equatable {
    /// The concept's name; `OWNER/CONCEPT` where another user shares it.
    public let concept: String
    /// The version.
    public let number: Int
    /// SHA-256 of the artifact, lower-case hex.
    public let digest: String
    /// The owner's key, which reading the artifact needs.
    public let ownerID: Int64
    /// Size of the artifact.
    public let sizeBytes: Int
    /// SHA-256 of the frozen model it was made for, lower-case hex.
    public let modelDigest: String
}
