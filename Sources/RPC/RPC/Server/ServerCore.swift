internal import RPCTransport
internal import Synchronization

/// The implementation of a server, shared with its calls, which live on the threads of several loops.
///
/// `@unchecked Sendable`: what changes is guarded by `state`; `transport.delegate` is set in `init`.
final class ServerCore: ServerTransportDelegate, @unchecked Sendable {
    private struct Entry {
        let call: ServerCall
        var method: MethodName?
        var principal: (any Sendable)?
    }

    private struct State {
        var isDraining = false
        var activeCalls = 0
        var callCount: UInt64 = 0
        var calls: [UInt64: Entry] = [:]
        var quiet: [Once] = []

        var isQuiet: Bool { activeCalls == 0 && calls.isEmpty }
    }

    /// The loop of the listener, and of timers that belong to no connection.
    let loop: EventLoop
    let services: Services
    let authenticator: Authenticator
    let log: @Sendable (ServerEvent) -> Void
    let limits: ServerLimits
    let openWindow: Int
    let initialWindow: Int
    let transport: ServerTransport
    let budget: RequestBudget
    private let state = Mutex(State())
    private let instance = UInt32.random(in: 0...UInt32.max)

    init(
        configuration: ServerConfiguration, services: Services, authenticator: @escaping Authenticator,
        log: @escaping @Sendable (ServerEvent) -> Void
    ) throws {
        let limits = configuration.limits
        var admission = AdmissionLimits()
        admission.connections = limits.maximumConnections
        admission.connectionsPerAddress = limits.maximumConnectionsPerAddress
        admission.handshakeTimeout = limits.handshakeTimeout
        admission.tick = limits.tick
        let tls =
            configuration.servesPipesOnly
            ? nil
            : try TLSContext.server(
                certificateFile: configuration.certificateFile, keyFile: configuration.keyFile,
                clientAuthority: configuration.clientAuthorityFile,
                requireClient: configuration.requireClientCertificate)
        let settings = HTTP2Settings(limits)
        let loops = try (0..<max(1, limits.socketThreads)).map { _ in try EventLoop(time: configuration.time) }
        loop = loops[0]
        transport = ServerTransport(loops: loops, tls: tls, settings: settings, limits: admission)
        openWindow = settings.openWindow
        initialWindow = settings.initialWindow
        budget = RequestBudget(users: limits.requests, strangers: limits.strangersRequests)
        self.limits = limits
        self.services = services
        self.authenticator = authenticator
        self.log = log
        transport.delegate = self
    }

    // MARK: From the transport

    func opened(_ stream: HTTP2Stream, on connection: HTTP2Connection, from peer: TransportPeer) {
        let identity = Peer(
            address: peer.endpoint.host, port: peer.endpoint.port, certificateSubject: peer.certificate?.subject,
            certificateNames: peer.certificate?.names ?? [])
        let number = state.withLock { state in
            state.callCount += 1
            return state.callCount
        }
        let call = ServerCall(
            stream: stream, connection: connection, peer: identity, core: self, number: number,
            requestID: String(instance, radix: 16) + "-" + String(number))
        state.withLock { $0.calls[number] = Entry(call: call) }
        stream.delegate = call
    }

    func noticed(_ message: String) {
        log(ServerEvent(kind: .connectionTrouble, message: message, error: nil, requestID: nil, method: nil))
    }

    // MARK: From calls

    var isDraining: Bool { state.withLock { $0.isDraining } }

    func callBegan() { state.withLock { $0.activeCalls += 1 } }

    /// The call's headers were authorised: from here on its caller's authority can end it.
    func authorised(_ number: UInt64, _ method: MethodName, _ principal: any Sendable) {
        state.withLock { state in
            state.calls[number]?.method = method
            state.calls[number]?.principal = principal
        }
    }

    func callEnded() { tellIfQuiet { $0.activeCalls -= 1 } }

    func forget(_ number: UInt64) { tellIfQuiet { $0.calls[number] = nil } }

    private func tellIfQuiet(after change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            guard state.isQuiet, !state.quiet.isEmpty else { return [Once]() }
            defer { state.quiet = [] }
            return state.quiet
        }
        for tell in waiting { tell.fire() }
    }

    func ended(_ method: MethodName?, _ requestID: String, _ error: RPCError?) {
        log(
            ServerEvent(
                kind: .callEnded, message: error?.message ?? "ok", error: error, requestID: requestID, method: method))
    }

    // MARK: For the application

    var openCalls: [OpenCall] {
        state.withLock { state in
            state.calls.compactMap { number, entry in
                guard let method = entry.method, let principal = entry.principal else { return nil }
                return OpenCall(id: number, method: method, principal: principal)
            }
        }
    }

    func end(_ calls: [OpenCall], _ error: RPCError) {
        for call in state.withLock({ state in calls.compactMap { state.calls[$0.id]?.call } }) {
            call.loop.submit { call.lostAuthority(error) }
        }
    }

    var statistics: ServerStatistics {
        let (active, count) = state.withLock { ($0.activeCalls, Int($0.callCount)) }
        return ServerStatistics(
            connections: transport.connectionCount, acceptedConnections: transport.accepted,
            refusedConnections: transport.refused, activeCalls: active, requestBytes: budget.bytes, calls: count)
    }

    // MARK: Shutdown

    func drain() {
        state.withLock { $0.isDraining = true }
        transport.drain()
    }

    /// Calls `tell` once, when no handler is running and every reply is sent, or when `limit` has passed. On the loop.
    func whenQuiet(within limit: Duration, _ tell: @escaping @Sendable () -> Void) {
        let once = Once(tell)
        let isQuiet = state.withLock { state in
            if !state.isQuiet { state.quiet.append(once) }
            return state.isQuiet
        }
        guard !isQuiet else { return once.fire() }
        _ = LoopTimer(loop, after: limit, isReal: true) { once.fire() }
    }

    /// Ends every call that is still open with UNAVAILABLE, and cancels its task.
    func abortCalls() {
        for call in state.withLock({ $0.calls.values.map(\.call) }) {
            call.loop.submit {
                call.abort(RPCError(code: .unavailable, message: "the server is shutting down; try again later"))
            }
        }
    }
}

extension HTTP2Settings {
    /// The connection settings that a server's limits give.
    init(_ limits: ServerLimits) {
        self.init()
        maximumConcurrentStreams = limits.maximumConcurrentStreams
        maximumHeaderListBytes = limits.maximumHeaderListBytes
        strangerHeaderBytesPerSecond = limits.strangerHeaderBytesPerSecond
        headerTimeout = limits.strangersRequestTimeout
        strangerTimeout = limits.strangerTimeout
        idleTimeout = limits.idleTimeout
        crowdedIdleTimeout = limits.crowdedIdleTimeout
        keepaliveInterval = limits.keepaliveInterval
        keepaliveTimeout = limits.keepaliveTimeout
        resetsPerSecond = limits.resetsPerSecond
        resetBurst = limits.resetsPerSecond * 4
    }
}

/// Runs a closure once. Safe from any thread.
private final class Once: Sendable {
    private let work: Mutex<(@Sendable () -> Void)?>

    init(_ work: @escaping @Sendable () -> Void) { self.work = Mutex(work) }

    func fire() {
        let work = work.withLock { work in
            defer { work = nil }
            return work
        }
        work?()
    }
}
