import Foundations

/// A row of the audit log: one mutating call.
public struct AuditRecord: Sendable, Equatable {
    /// 1, 2, 3 and so on without a gap.
    public let sequence: Int64
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// Who did it: the code of a user, or `(console)`, `(maintenance)`, `(migration)`, `(stranger)`.
    public let actor: String
    /// What: `user.create`, `concept.rollback` and the like.
    public let action: String
    /// What it was done to: the code of a user; for concepts a slash and the concept's code after it; empty for the
    /// server.
    public let target: String
    /// A JSON object with sorted keys. Texts that people chose are replaced by codes.
    public let details: String
    /// The registry's revision after it.
    public let revision: UInt64
    /// SHA-256 over the previous hash and this row: the chain that `verifyAudit` walks.
    public let hash: String

    /// The hash this row must have after a row with `previous`; the first row follows an empty text.
    func expectedHash(after previous: String) -> String {
        var fields = FieldBytes()
        fields.append(previous)
        fields.append(UInt64(bitPattern: sequence))
        fields.append(UInt64(bitPattern: atMs))
        for text in [actor, action, target, details] { fields.append(text) }
        fields.append(revision)
        return SHA256Digest.hex(fields.bytes)
    }
}

/// Rows of the audit log, with the names of what is still there.
///
/// The log itself holds codes: keyed hashes (HMAC-SHA256) under keys that come from the users' data keys. Erasing a user
/// destroys the key, and nobody can tell any more whose the rows were.
public struct AuditPage: Sendable, Equatable {
    /// Newest first.
    public let records: [AuditRecord]
    /// What codes of these rows stand for now: `anna`, or `anna/mug`.
    public let names: [String: String]
}

/// Who does something that the audit log records.
enum AuditActor: Sendable {
    case user(Int64)
    case console
    case maintenance
    /// Somebody who is not authenticated.
    case stranger
}

/// What a recorded action changed.
enum AuditTarget: Sendable {
    case server
    case user(Int64)
    case concept(Int64, Int64)
}

/// What walking the audit chain found.
public enum AuditVerification: Sendable, Equatable {
    /// Every row is there, unchanged.
    case intact(rows: Int64)
    /// The row with this number was removed or is out of order.
    case missing(sequence: Int64)
    /// The row with this number was changed.
    case altered(sequence: Int64)
}
