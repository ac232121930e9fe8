/// A concept of a set that an answer was made without.
public struct SkippedConcept: Sendable, Equatable {
    /// Its name in the set.
    public let concept: String
    /// The version that stands there.
    public let version: Int
    /// Why, and what to do; for a person.
    public let reason: String
}
