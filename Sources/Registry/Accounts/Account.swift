/// A user.
public struct Account: Sendable, Equatable {
    /// What an account may do.
    public enum Role: String, Sendable, CaseIterable {
        /// Its own concepts.
        case user
        /// Also other accounts and the audit log; never other users' concepts.
        case admin
        /// Reads accounts and the audit log; has no concepts and changes nothing.
        case auditor

        /// Every scope that tokens of the role may have.
        public var scopes: Scopes {
            switch self {
            case .user: [.read, .query, .enroll]
            case .admin: .all
            case .auditor: [.read]
            }
        }
    }

    /// Key of everything the user owns; never reused.
    public let userID: Int64
    /// `[a-z0-9][a-z0-9._-]{0,63}`.
    public let name: String
    /// What the account may do.
    public let role: Role
    /// Suspended accounts cannot log in and their tokens are refused.
    public let suspended: Bool
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
}

/// What proves a caller.
public enum Credential: Sendable, Hashable {
    /// A token, by its key.
    case token(Int64)
    /// A certificate, by the name that stands for the user.
    case certificate(name: String, userID: Int64)
}

/// Who is calling, proven by a token or a certificate.
public struct Principal: Sendable, Equatable {
    /// Key of the user.
    public let userID: Int64
    /// The user's name.
    public let name: String
    /// What the user may do.
    public let role: Account.Role
    /// The token the call came with; 0 without one.
    public let tokenID: Int64
    /// When that token ends, milliseconds since 1970.
    public let expiresAtMs: Int64
    /// What the call may do: the token's scopes, cut to the role's.
    public let scopes: Scopes
    /// Calls the user may make in a minute.
    public var requestsPerMinute = Int.max
    /// Streams the user may have open at once.
    public var streams = Int.max
    /// The name in the certificate that the call came with instead of a token.
    public var certificateName: String?

    /// What the call's authority depends on; nil for the server's own work, such as the enrollments of its jobs.
    public var credential: Credential? {
        if let certificateName { return .certificate(name: certificateName, userID: userID) }
        return tokenID == 0 ? nil : .token(tokenID)
    }

    /// Throws `permissionDenied` unless the token has all of `wanted`.
    public func require(_ wanted: Scopes) throws {
        guard scopes.isSuperset(of: wanted) else {
            let missing = wanted.subtracting(scopes).names.joined(separator: ", ")
            let remedy =
                role.scopes.isSuperset(of: wanted)
                ? "use a token that has it, or log in again" : "a user of role \(role.rawValue) cannot have it"
            throw RegistryError(.permissionDenied, "the token lacks the scope \(missing); \(remedy)")
        }
    }
}

/// On whose behalf accounts are managed.
public enum Actor: Sendable, Equatable {
    /// A caller with a token.
    case principal(Principal)
    /// The operator at the machine itself, who could open the database anyway: makes the first administrator.
    case console

    var auditActor: AuditActor {
        switch self {
        case .principal(let principal): .user(principal.userID)
        case .console: .console
        }
    }
}

/// A new token. The text is shown once and stored only as a hash.
public struct IssuedToken: Sendable {
    /// `mvt_` and 43 characters of base64url.
    public let token: String
    /// Its key in listings.
    public let tokenID: Int64
    /// Milliseconds since 1970.
    public let expiresAtMs: Int64
    /// Whose it is.
    public let account: Account
    /// What it may do.
    public let scopes: Scopes
}

/// A token in a listing.
public struct TokenRecord: Sendable, Equatable {
    /// Key for revoking it.
    public let tokenID: Int64
    /// What it is for.
    public let label: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Milliseconds since 1970.
    public let expiresAtMs: Int64
    /// Last use, accurate to ten minutes; nil when it was never used.
    public let lastUsedAtMs: Int64?
    /// What it may do.
    public let scopes: Scopes
    /// Whether it is the token that asked for this listing.
    public let isCaller: Bool
}
