/// Runs the handlers of a service: whoever registers a service puts here, once, what must happen around each of its
/// calls.
public protocol CallRunning: Sendable {
    /// Runs `body` for the call. The error it throws becomes the call's status.
    func run<Result: Sendable>(
        _ context: CallContext, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result
}
