public import RPCMessages

/// A user of the server.
public typealias Account = User

/// A token without its secret.
public typealias TokenInfo = Token

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

/// A new token with its secret, which is returned only this once.
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
