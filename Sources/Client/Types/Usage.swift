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

/// A concept one user lets another use.
public struct Share: Sendable, Equatable, Codable {
    /// Whose concept it is.
    public let owner: String
    /// The concept.
    public let concept: String
    /// Who may use it.
    public let user: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
}
