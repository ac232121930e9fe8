/// What is true of a method, as its options in `proto/` say (`options.proto` explains them).
public struct MethodRules: Sendable, Equatable {
    /// What a caller must be allowed.
    public enum Scope: Sendable, Equatable {
        /// Whoever comes: the method makes callers known.
        case strangers
        /// Any token that is good.
        case any
        /// Seeing one's concepts.
        case read
        /// Captions, answers and recognition.
        case query
        /// Changing one's concepts.
        case enroll
        /// Managing accounts and the server.
        case admin
    }

    /// What happens when a client calls again because an answer was lost.
    public enum Repetition: Sendable, Equatable {
        /// It does its work once more, or fails.
        case worksAgain
        /// It leaves what one call leaves.
        case idempotent
        /// It changes nothing of the caller's.
        case withoutSideEffects
    }

    /// Where a server runs it.
    public enum Executor: Sendable, Equatable {
        /// Among all other work.
        case shared
        /// On the thread of the sockets: for what never blocks and takes microseconds.
        case sockets
    }

    /// What a caller must be allowed.
    public let scope: Scope
    /// Bytes of one request message.
    public let requestBytes: Int
    /// Bytes that one request message may need in memory.
    public let memoryBytes: Int
    /// What a second call does.
    public let repetition: Repetition
    /// Its calls stay open and count against the user's quota of streams.
    public let countsAsStream: Bool
    /// Where it runs.
    public let executor: Executor
    /// After what time a client gives up that was told nothing else; nil where the answer takes as long as it takes.
    public let deadline: Duration?

    /// Rules.
    public init(
        scope: Scope, requestBytes: Int, memoryBytes: Int, repetition: Repetition, countsAsStream: Bool = false,
        executor: Executor = .shared, deadline: Duration? = nil
    ) {
        self.scope = scope
        self.requestBytes = requestBytes
        self.memoryBytes = memoryBytes
        self.repetition = repetition
        self.countsAsStream = countsAsStream
        self.executor = executor
        self.deadline = deadline
    }
}
