/// A user of the server.
public struct Account: Sendable, Equatable, Codable {
    /// What a user may do.
    public enum Role: String, Sendable, Codable { case user, admin }
    /// The login name.
    public let name: String
    /// What the user may do.
    public let role: Role
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
}

/// What a login gives.
public struct Login: Sendable {
    /// The token that calls carry: a secret, kept in a file of mode 0600.
    public let token: String
    /// When the token ends, milliseconds since 1970.
    public let expiresAtMs: Int64
    /// Who logged in.
    public let account: Account
}
