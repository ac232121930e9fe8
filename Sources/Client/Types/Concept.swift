/// What a concept is of.
public enum ConceptKind: String, Sendable, Codable { case object, person }

/// One of the caller's concepts.
public struct Concept: Sendable, Equatable, Codable {
    /// How its owner calls it.
    public let name: String
    /// What it is of.
    public let kind: ConceptKind
    /// "dog", "mug".
    public let classNoun: String
    /// The word answers use.
    public let identifier: String
    /// The version that answers use now.
    public let currentVersion: Int
    /// How many versions there are.
    public let versions: Int
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Milliseconds since 1970.
    public let updatedAtMs: Int64
    /// How many of the newest versions are kept, besides those a pointer names; nil keeps all.
    public let keepLast: Int?
    /// Whether the version in use was made for another frozen model than the server's: answers do without it until
    /// `reenroll` or another enrollment.
    public let otherModel: Bool
}

/// One immutable version of a concept.
public struct ConceptVersion: Sendable, Equatable, Codable {
    /// The concept's name.
    public let concept: String
    /// Counts from 1.
    public let number: Int
    /// SHA-256 of the artifact, lower-case hex.
    public let digest: String
    /// Bytes of the artifact.
    public let sizeBytes: UInt64
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Whether answers use it now.
    public let current: Bool
    /// What it is of.
    public let kind: ConceptKind
    /// "dog", "mug".
    public let classNoun: String
    /// The word answers use.
    public let identifier: String
    /// Digest of the frozen model it was made for.
    public let modelDigest: String
    /// The score (objects) or distance (persons) at which it fires.
    public let threshold: Float
    /// How many photos it was made from.
    public let photos: Int
    /// The training record as canonical JSON.
    public let trainingJSON: String

    enum CodingKeys: String, CodingKey {
        case concept, number, digest, sizeBytes, createdAtMs, current, kind, classNoun, identifier, modelDigest
        case threshold, photos
        case trainingJSON = "training"
    }
}

/// A move of `current` or of an alias from one version to another.
public struct PointerMove: Sendable, Equatable, Codable {
    /// The concept's name.
    public let concept: String
    /// `current`, the version that answers use, or an alias.
    public let pointer: String
    /// 0 where there was none.
    public let fromVersion: Int
    /// Where it stands since; 0 for an alias that was removed.
    public let toVersion: Int
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// Who moved it.
    public let by: String
    /// "enroll", "promote", "rollback", "alias", "unalias", "import".
    public let action: String
    /// Why, as given.
    public let reason: String
    /// The user's revision the move made.
    public let revision: UInt64
}

/// A concept with the version in use and where it stood before, newest first.
public struct ConceptDetail: Sendable, Equatable, Codable {
    /// The concept.
    public let concept: Concept
    /// The version in use.
    public let current: ConceptVersion
    /// The moves, newest first.
    public let history: [PointerMove]
    /// By name.
    public let aliases: [ConceptAlias]
}
