/// The rules of a method, from its options in `proto/` (`options.proto` explains them).
public struct MethodRules: Sendable, Equatable {
    /// What a caller must be allowed.
    public enum Scope: Sendable, Equatable {
        /// Nothing: this is the method by which callers log in.
        case strangers
        /// Any valid token.
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

    /// What happens when a client repeats a call because the answer was lost.
    public enum Repetition: Sendable, Equatable {
        /// It does its work once more, or fails.
        case worksAgain
        /// The result is the same as after one call.
        case idempotent
        /// It changes nothing that belongs to the caller.
        case withoutSideEffects
    }

    /// Where a server runs it.
    public enum Executor: Sendable, Equatable {
        /// Among all other work.
        case shared
        /// On the event loop's thread: for handlers that never block and take microseconds.
        case sockets
    }

    /// What a caller must be allowed.
    public let scope: Scope
    /// Bytes of one request message.
    public let requestBytes: Int
    /// Bytes that one request message may need in memory.
    public let memoryBytes: Int
    /// What a repeated call does.
    public let repetition: Repetition
    /// Its calls stay open and count against the user's quota of streams.
    public let countsAsStream: Bool
    /// Where it runs.
    public let executor: Executor
    /// The client's default deadline; nil where an answer may take any time.
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
