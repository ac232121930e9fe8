/// One mutating call.
public struct AuditRecord: Sendable, Equatable {
    /// 1, 2, 3 and so on without a gap.
    public let sequence: Int64
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// Who: a user's name, or `(console)`.
    public let actor: String
    /// What: `user.create`, `concept.rollback` and the like.
    public let action: String
    /// To what: the owner's name, a slash and the thing's.
    public let target: String
    /// A JSON object with sorted keys.
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
        return SHA256.hex(fields.bytes)
    }
}

/// What walking the audit chain found.
public enum AuditVerification: Sendable, Equatable {
    /// Every row is there and as it was written.
    case intact(rows: Int64)
    /// The row with this number was removed or is out of order.
    case missing(sequence: Int64)
    /// The row with this number was changed.
    case altered(sequence: Int64)
}
