public import RPCMessages

/// A concept with the version in use and where it stood before, newest first.
public struct ConceptDetail: Sendable, Equatable {
    /// The concept.
    public let concept: Concept
    /// The version in use.
    public let current: ConceptVersion
    /// The moves, newest first.
    public let history: [PointerMove]
    /// By name.
    public let aliases: [Alias]
}
