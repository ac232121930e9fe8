/// Proof that something was erased, or will be as soon as nobody reads the old pages any more.
public struct ErasureReceipt: Sendable, Equatable, Codable {
    /// 32 hex digits; the server's journal of erasures has the same.
    public let receipt: String
    /// "concept" or "user".
    public let kind: String
    /// Milliseconds since 1970.
    public let requestedAtMs: Int64
    /// When the last remnant was gone; nil while it is pending.
    public let erasedAtMs: Int64?
    /// Versions that were destroyed.
    public let versions: Int
    /// Bytes of artifacts that were destroyed.
    public let bytes: UInt64
    /// Backups of the server that still hold what was erased: whoever has one and the master key can open it. The oldest
    /// first.
    public let backups: [HoldingBackup]
}

/// A backup that still holds what was erased.
public struct HoldingBackup: Sendable, Equatable, Codable {
    /// Its folder's name among the server's backups.
    public let name: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
}

/// One row of the audit log.
public struct AuditRow: Sendable, Equatable, Codable {
    /// Without a gap from 1.
    public let sequence: Int64
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// The code of a user, or "(console)", "(maintenance)", "(migration)".
    public let actor: String
    /// Who that is, while the account exists.
    public let actorName: String?
    /// "user.create", "concept.rollback" and the like.
    public let action: String
    /// The code of a user; for concepts a slash and the concept's code after it.
    public let target: String
    /// What that is, while it exists.
    public let targetName: String?
    /// A JSON object; texts that people chose stand as codes.
    public let detailsJSON: String
    /// The registry's revision after it.
    public let revision: UInt64
    /// SHA-256 over the previous row's hash and this row.
    public let hash: String

    enum CodingKeys: String, CodingKey {
        case sequence, atMs, actor, actorName, action, target, targetName, revision, hash
        case detailsJSON = "details"
    }
}

/// What walking the audit chain found.
public struct AuditVerification: Sendable, Equatable, Codable {
    /// Whether every row is there and as it was written.
    public let intact: Bool
    /// How many rows there are, when intact.
    public let rows: Int64
    /// The first row that is not as it was.
    public let brokenAt: Int64?
    /// "missing" or "altered".
    public let how: String?
}

/// What reading every artifact found.
public struct ScrubReport: Sendable, Equatable, Codable {
    /// A version whose artifact is damaged or cannot be used.
    public struct Damage: Sendable, Equatable, Codable {
        /// The owner.
        public let user: String
        /// The concept.
        public let concept: String
        /// The version.
        public let version: Int
        /// What is wrong with it.
        public let reason: String
    }
    /// Artifacts compared with their digests.
    public let artifacts: UInt64
    /// Their bytes.
    public let bytes: UInt64
    /// Versions that must be restored.
    public let damaged: [Damage]
    /// What SQLite's own check complained about.
    public let structure: [String]
}

/// A backup on the server.
public struct Backup: Sendable, Equatable, Codable {
    /// Its folder's name among the server's backups.
    public let name: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Schema of its database.
    public let schema: Int
    /// The registry's revision.
    public let revision: UInt64
    /// Bytes of its database.
    public let bytes: UInt64
    /// SHA-256 of its database.
    public let sha256: String
    /// What it holds.
    public let users: Int
    /// See `users`.
    public let concepts: Int
    /// See `users`.
    public let artifacts: Int
    /// Names of the master keys that its data keys are wrapped by.
    public let masterKeys: [String]
}
