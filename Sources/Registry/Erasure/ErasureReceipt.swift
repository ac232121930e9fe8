/// Proof that something was erased, or will be as soon as nobody reads the old pages any more.
public struct ErasureReceipt: Sendable, Equatable {
    /// What was erased.
    public enum Kind: String, Sendable {
        /// An account with everything it had.
        case user
        /// A concept with its versions.
        case concept
    }

    /// 32 hex digits; the journal of erasures has the same.
    public let receipt: String
    /// What was erased.
    public let kind: Kind
    /// Milliseconds since 1970.
    public let requestedAtMs: Int64
    /// When the last remnant in keys, rows, pages and the log was destroyed. Nil while it is pending.
    public let erasedAtMs: Int64?
    /// Versions that were destroyed.
    public let versions: Int
    /// Bytes of artifacts that were destroyed.
    public let bytes: Int
}

/// An erasure, and what others must drop because of it.
public struct Erasure: Sendable {
    /// The proof.
    public let receipt: ErasureReceipt
    /// The user it belonged to.
    public let userID: Int64
    /// Digests nobody may keep in memory any more.
    public let digests: [String]
    /// Jobs that were erased with it: they must be stopped and their photos deleted.
    public let jobs: [String]
    /// The user's revision after it; 0 when the user is gone.
    public let revision: UInt64
}
