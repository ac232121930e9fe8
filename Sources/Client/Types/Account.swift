/// A user of the server.
public struct Account: Sendable, Equatable, Codable {
    /// What a user may do.
    public enum Role: String, Sendable, Codable, CaseIterable { case user, admin, auditor }
    /// The login name.
    public let name: String
    /// What the user may do.
    public let role: Role
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Whether an administrator has shut it out.
    public let suspended: Bool
    /// The token the call was made with; told by `whoAmI` only.
    public let token: TokenInfo?
}

/// What a token may do.
public enum TokenScope: String, Sendable, Codable, CaseIterable {
    /// Seeing one's concepts.
    case read
    /// Captions, answers and recognition.
    case query
    /// Changing one's concepts.
    case enroll
    /// Managing accounts and the server.
    case admin
}

/// A token without its secret.
public struct TokenInfo: Sendable, Equatable, Codable {
    /// Its key.
    public let id: Int64
    /// What it is for.
    public let label: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Milliseconds since 1970.
    public let expiresAtMs: Int64
    /// To within ten minutes; nil when never used.
    public let lastUsedAtMs: Int64?
    /// What it may do.
    public let scopes: [String]
    /// Whether the call that told it was made with it.
    public let current: Bool
}

/// A new token with its secret, which is told this once.
public struct NewToken: Sendable {
    /// The secret that calls carry.
    public let token: String
    /// The token itself.
    public let info: TokenInfo
}

/// What a login gives.
public struct Login: Sendable {
    /// The token that calls carry: a secret, kept in a file of mode 0600.
    public let token: String
    /// When the token ends, milliseconds since 1970.
    public let expiresAtMs: Int64
    /// Who logged in.
    public let account: Account
    /// What the token may do.
    public let scopes: [String]
}
