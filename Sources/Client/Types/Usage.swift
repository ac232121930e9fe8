/// A limit and what is used of it.
public struct QuotaUse: Sendable, Equatable, Codable {
    /// "concepts", "bytes", "requests-per-minute", "streams", "enrollment-minutes-per-day".
    public let name: String
    /// How much may be used.
    public let limit: Int64
    /// How much is used.
    public let used: Int64
    /// Whether the limit was set for this user alone.
    public let own: Bool
}

/// A concept one user offers another, or lets another use.
public struct Share: Sendable, Equatable, Codable {
    /// Where it stands.
    public enum State: String, Sendable, Codable {
        /// It waits for the receiver's word, as far as its owner may know.
        case offered
        /// The receiver's answers use it.
        case accepted
        /// The receiver does not want it; told to the receiver alone.
        case declined
        /// A word of a newer server.
        case unknown
    }
    /// Whose concept it is.
    public let owner: String
    /// The concept.
    public let concept: String
    /// To whom it is offered.
    public let user: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Where it stands.
    public let state: State
}
