internal import Foundation
internal import RPCTransport

/// A gRPC server over TLS. Thread-safe. It serves from `start()` to the end of `shutdown(grace:)`, once.
///
/// Promises: a call's body is read after its headers were authorised, and what it takes is counted against its caller
/// before; a deadline, a reset or a lost connection cancels the handler's task; memory and time for slow or hostile
/// peers are bounded by `ServerLimits`; errors that are no `RPCError` reach the log and not the client.
public final class Server: Sendable {
    let core: ServerCore
    private let lifecycle: Lifecycle
    private let wanted: Endpoint

    /// A server that does not listen yet. Throws `RPCError` naming a certificate, key or authority file that cannot be
    /// used. `log` is called on the event loops' threads and must not block.
    public init(
        configuration: ServerConfiguration, services: Services, authenticator: @escaping Authenticator,
        log: @escaping @Sendable (ServerEvent) -> Void = { _ in }
    ) throws {
        wanted = configuration.endpoint
        lifecycle = Lifecycle(endpoint: configuration.endpoint)
        core = try ServerCore(
            configuration: configuration, services: services, authenticator: authenticator, log: log)
    }

    /// Where it listens; after `start()` with the real port.
    public var endpoint: Endpoint { lifecycle.endpoint }

    /// Binds and serves; returns when clients can connect. Throws an `RPCError` that says why the address cannot be
    /// used.
    public func start() async throws {
        let (core, wanted) = (core, wanted)
        lifecycle.endpoint = try await withCheckedThrowingContinuation { continuation in
            core.loop.submit { continuation.resume(with: Result { try core.transport.listen(wanted) }) }
        }
    }

    /// Serves until `shutdown(grace:)` is done, or the task is cancelled: then it shuts down with a grace of ten seconds.
    public func run() async throws {
        try await start()
        await withTaskCancellationHandler {
            await waitUntilShutdown()
        } onCancel: {
            Task { await self.shutdown(grace: .seconds(10)) }
        }
    }

    /// Returns when the server is shut down.
    public func waitUntilShutdown() async { await lifecycle.wait() }

    /// Refuses new connections and calls (GOAWAY, UNAVAILABLE), waits up to `grace` for running calls, cancels the rest
    /// and waits up to two seconds for their handlers, closes. A second call waits for the first.
    public func shutdown(grace: Duration) async {
        guard lifecycle.beginShutdown() else { return await waitUntilShutdown() }
        let core = core
        await quiet(within: grace) { core.drain() }
        await quiet(within: .seconds(2)) { core.abortCalls() }
        await withCheckedContinuation { continuation in
            core.loop.submit { core.transport.close { continuation.resume() } }
        }
        lifecycle.finish()
    }

    /// Runs `step` on the loop, then waits until no handler is running.
    private func quiet(within limit: Duration, _ step: @escaping @Sendable () -> Void) async {
        let core = core
        await withCheckedContinuation { continuation in
            core.loop.submit {
                step()
                core.whenQuiet(within: limit) { continuation.resume() }
            }
        }
    }

    /// The calls that were authorised and have not ended, including those whose body is still arriving.
    public var openCalls: [OpenCall] { core.openCalls }

    /// Ends calls whose caller may not make them any more: those still reading, and streams of replies, at once. One
    /// that has its whole request and gives one reply is cancelled, and has half a second to answer: it may be the
    /// very call that ended its caller's authority.
    public func end(_ calls: [OpenCall], _ error: RPCError) { core.end(calls, error) }

    /// What the server is doing now.
    public var statistics: ServerStatistics { get async { core.statistics } }
}

/// The endpoint and the lifecycle of a server. `@unchecked Sendable`: everything is guarded by `lock`.
private final class Lifecycle: @unchecked Sendable {
    private let lock = NSLock()
    private var place: Endpoint
    private var isShuttingDown = false
    private var isFinished = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(endpoint: Endpoint) { place = endpoint }

    var endpoint: Endpoint {
        get { lock.withLock { place } }
        set { lock.withLock { place = newValue } }
    }

    func beginShutdown() -> Bool {
        lock.withLock {
            defer { isShuttingDown = true }
            return !isShuttingDown
        }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = lock.withLock {
                if !isFinished { waiting.append(continuation) }
                return isFinished
            }
            if isOver { continuation.resume() }
        }
    }

    func finish() {
        // Resumed after the lock is released: a continuation may run at once.
        let all = lock.withLock {
            isFinished = true
            defer { waiting = [] }
            return waiting
        }
        for continuation in all { continuation.resume() }
    }
}
