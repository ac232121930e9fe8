import Logging
import RPC
import Registry

/// Runs the body of a call: makes sure that its caller may still make it, turns errors into statuses and writes one log
/// line per call.
///
/// A line contains method, request id, user id, status and time; never a token, a password, a question, a caption or a
/// photo.
struct CallRunner: CallRunning {
    let logger: Logger
    let authentication: Authentication
    let meter: RateMeter
    /// Paths that no message for a caller may name.
    var places: [String] = []

    func run<T: Sendable>(
        _ context: CallContext, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let started = ContinuousClock.now
        do {
            try await authentication.confirm(context.principal, context.method)
            let value = try await counted(context, body)
            write(context, .ok, started, error: nil)
            return value
        } catch {
            let status = StatusMapping.status(StatusMapping.status(of: error), hiding: places)
            write(context, status.code, started, error: error)
            throw status
        }
    }

    private func counted<T: Sendable>(
        _ context: CallContext, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        guard let principal = (context.principal as? Caller)?.principal else { return try await body() }
        guard MethodCatalog.method(context.method)?.rules?.countsAsStream == true else { return try await body() }
        try meter.enter(principal.userID, streams: principal.streams)
        defer { meter.leave(principal.userID) }
        return try await body()
    }

    private func write(
        _ context: CallContext, _ code: StatusCode, _ started: ContinuousClock.Instant, error: (any Error)?
    ) {
        var metadata: Logger.Metadata = [
            "method": "\(context.method.path)", "request_id": "\(context.requestID)", "code": "\(code)",
            "ms": "\((ContinuousClock.now - started).milliseconds)", "peer": "\(context.peer.address)",
        ]
        if let caller = context.principal as? Caller { metadata["user_id"] = "\(caller.principal.userID)" }
        switch code {
        case .internalError, .unknown, .dataLoss:
            // The modules below promise messages without secrets; of a foreign error only the type is logged.
            metadata["error"] = "\(error.map { String(describing: type(of: $0)) } ?? "none")"
            if let problem = error.flatMap(StatusMapping.problem) { metadata["problem"] = "\(problem)" }
            logger.error("call failed", metadata: metadata)
        default:
            if let problem = error.flatMap(StatusMapping.problem) { metadata["problem"] = "\(problem)" }
            logger.info("call", metadata: metadata)
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
