/// A name its owner gave to a version.
public struct ConceptAlias: Sendable, Equatable, Codable {
    /// `[A-Za-z0-9_.-]{1,64}`.
    public let name: String
    /// The version it names.
    public let version: Int
    /// Whether it refuses to be moved or removed.
    public let protected: Bool
    /// Milliseconds since 1970.
    public let updatedAtMs: Int64
}

/// What a call did to an alias.
public struct AliasChange: Sendable, Equatable, Codable {
    /// As it is now; nil when it was removed.
    public let alias: ConceptAlias?
    /// False when it was so already.
    public let changed: Bool
    /// The user's revision after it.
    public let revision: UInt64
}

/// When a pointer may move.
public enum PointerCondition: Sendable, Equatable {
    /// Whatever it names now.
    case always
    /// Only when it names this version now.
    case ifVersion(Int)
    /// Only when it does not exist.
    case onlyNew
}

/// What setting a retention did.
public struct RetentionChange: Sendable, Equatable, Codable {
    /// Numbers of the versions that went.
    public let removed: [Int]
    /// The user's revision after it.
    public let revision: UInt64
}

/// Two versions side by side.
public struct VersionComparison: Sendable, Equatable, Codable {
    /// One field in which they differ.
    public struct Difference: Sendable, Equatable, Codable {
        /// `threshold`, `training.steps` and the like.
        public let field: String
        /// Empty where it has none.
        public let left: String
        /// Empty where it has none.
        public let right: String
    }
    /// The left one.
    public let left: ConceptVersion
    /// The right one.
    public let right: ConceptVersion
    /// In a fixed order.
    public let differences: [Difference]
}

/// A change of the caller's concepts. Each has its own revision.
public struct ConceptChange: Sendable, Equatable, Codable {
    /// The user's revision after it.
    public let revision: UInt64
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// "enroll", "promote", "rollback", "alias", "unalias", "protect", "unprotect", "rename", "retention", "delete",
    /// "undelete", "erase", "import", "share", "unshare".
    public let kind: String
    /// The same through renames.
    public let conceptID: Int64
    /// What it is called now; nil when it is gone for good.
    public let concept: String?
    /// `current` or an alias, where one moved.
    public let pointer: String?
    /// Where the pointer stood.
    public let fromVersion: Int?
    /// Where it stands since.
    public let toVersion: Int?

    enum CodingKeys: String, CodingKey {
        case revision, atMs, kind
        case conceptID = "conceptId"
        case concept, pointer, fromVersion, toVersion
    }
}

/// What a watcher hears.
public enum WatchEvent: Sendable, Equatable {
    /// Something changed.
    case change(ConceptChange)
    /// Nothing more happened up to this revision: resume from there.
    case bookmark(UInt64)
}
