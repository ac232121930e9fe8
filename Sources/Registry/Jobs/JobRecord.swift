/// Where an enrollment stands.
public enum JobState: String, Sendable, CaseIterable {
    /// Waits for its turn.
    case queued
    /// Trains now, or did when the server's process ended.
    case running
    /// Its version is committed.
    case succeeded
    /// It ended with an error; it can be resumed while its photos are kept.
    case failed
    /// Its owner ended it.
    case cancelled

    /// What happens to a job.
    package enum Event: Sendable, CaseIterable {
        /// Its turn has come.
        case start
        /// The process that ran it has ended.
        case interrupt
        /// The version is committed.
        case succeed
        /// It cannot go on.
        case fail
        /// Its owner wants no more of it.
        case cancel
        /// Its owner wants it to be tried again.
        case resume
    }

    /// The state after an event; nil where the event cannot happen.
    package func after(_ event: Event) -> JobState? {
        switch (self, event) {
        case (.queued, .start): .running
        case (.running, .interrupt), (.failed, .resume): .queued
        case (.running, .succeed): .succeeded
        case (.queued, .fail), (.running, .fail): .failed
        case (.queued, .cancel), (.running, .cancel), (.failed, .cancel): .cancelled
        default: nil
        }
    }

    /// Whether nothing happens to it by itself any more.
    public var isOver: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// An enrollment as it is kept.
public struct JobRecord: Sendable, Equatable {
    /// 32 hex digits.
    public let id: String
    /// The owner's key.
    public let userID: Int64
    /// The concept to be enrolled.
    public let concept: String
    /// Where it stands.
    public let state: JobState
    /// The stage it reached last.
    public let stage: String
    /// How many times it was begun.
    public let attempts: Int
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// When it last began.
    public let startedAtMs: Int64?
    /// When it ended.
    public let finishedAtMs: Int64?
    /// Time spent on it, all attempts together.
    public let spentMs: Int64
    /// Why it failed: a stable code.
    public let errorCode: String
    /// Why it failed, in words.
    public let error: String
    /// The version it made.
    public let version: Int?
}

/// What a run of a job needs.
public struct JobWork: Sendable {
    /// The job, running now.
    public let job: JobRecord
    /// What `createJob` was given.
    public let request: [UInt8]
    /// Digests of the user's other concepts at the first run.
    public let others: [String]
    /// On whose behalf the version is committed.
    public let principal: Principal
}
