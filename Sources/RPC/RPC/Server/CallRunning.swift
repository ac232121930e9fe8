/// Runs what the calls of a service do: whoever registers a service says here, once, what holds for each of its calls.
public protocol CallRunning: Sendable {
    /// Runs `body` for the call. What it throws is what the client is told.
    func run<Result: Sendable>(
        _ context: CallContext, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result
}
