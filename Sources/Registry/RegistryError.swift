/// What went wrong in the registry, and what to do next.
public struct RegistryError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons a caller may branch on.
    public enum Code: String, Sendable {
        /// A name, number or text outside its documented form.
        case invalidArgument
        /// No such user, concept, version or artifact that the caller may see.
        case notFound
        /// The name is taken.
        case alreadyExists
        /// The credentials or the token are wrong, expired or revoked; never says which.
        case unauthenticated
        /// The caller is known, but not allowed to do this.
        case permissionDenied
        /// The state does not allow it: compare-and-set failed, nothing to roll back to.
        case failedPrecondition
        /// A quota or throttle; the message says the limit.
        case resourceExhausted
        /// The events a watcher asks for are no longer kept; it must list again.
        case compacted
        /// The disk is full or the database is read-only.
        case storageFull
        /// The database or an artifact is damaged.
        case dataLoss
        /// The database was written by a newer release.
        case schemaTooNew
        /// Any other error of the database.
        case internalError
    }

    /// Why.
    public let code: Code
    /// What happened and what to do next, for a person; never a secret, and never a path of the server.
    public let message: String
    /// The file or folder it is about, for the operator at the machine and the log; never part of `message`, which
    /// may go to a client.
    public let place: String?
    /// How long to wait before a retry can succeed, where that is known (throttle, busy).
    public let retryAfterMs: Int64?
    /// The error below, if any.
    public let cause: (any Error)?

    /// An error of the registry.
    public init(
        _ code: Code, _ message: String, place: String? = nil, retryAfterMs: Int64? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.place = place
        self.retryAfterMs = retryAfterMs
        self.cause = cause
    }

    /// Code and message, without the cause.
    public var description: String { "\(code.rawValue): \(operatorMessage)" }

    /// The message with the place it is about: for the console and the log, not for clients.
    public var operatorMessage: String { place.map { "\($0): \(message)" } ?? message }
}
