import Rules

/// Limits of a runtime.
public struct RuntimeConfiguration: Sendable, Equatable {
    /// Sequences decoding together: one an answer, or one a beam of its search. As many first answers of users who have no
    /// other are let in beside them.
    public var maximumRunning = 8
    /// Requests waiting beyond those running; more are refused with `overloaded`. A user may have as many of all places
    /// as are left free: half of them alone, beside others an equal part.
    public var maximumQueued = 64
    /// Tokens of an answer when the request does not say.
    public var defaultMaximumTokens = 48
    /// The most a request may ask for.
    public var maximumTokens = Bounds.maximumTokens.upperBound
    /// Concepts one answer names; beyond it the surest.
    public var maximumConcepts = 8
    /// Concepts of one user an answer looks at, those others share included; one's own first, by name.
    public var setConcepts = 256
    /// Rows of enrolled photos and of face keys that these may hold together.
    public var setRows = 4_096
    /// Bytes of parsed artifacts kept in memory.
    public var residentBytes = 64 << 20

    /// The defaults.
    public init() {}
}

/// Counters of a runtime, since its start.
public struct RuntimeStatistics: Sendable, Equatable {
    /// Answers decoding now.
    public let running: Int
    /// Requests admitted and not over, running ones included.
    public let admitted: Int
    /// Requests refused because the queue was full.
    public let refused: UInt64
    /// Decoding steps, each of all running answers.
    public let steps: UInt64
    /// Answers stepped, summed over steps: divided by `steps`, the mean batch.
    public let steppedAnswers: UInt64
    /// Tokens said.
    public let tokens: UInt64
    /// Bytes of resident concepts.
    public let residentBytes: Int
    /// Resident concepts.
    public let residentConcepts: Int
    /// Artifacts found in memory.
    public let residentHits: UInt64
    /// Artifacts loaded.
    public let residentMisses: UInt64
    /// Artifacts dropped for want of room.
    public let residentEvictions: UInt64
}
