internal import RPCTransport

/// The inside of a server, shared with its calls.
///
/// `@unchecked Sendable`: what changes is touched on `loop`'s thread only.
final class ServerCore: ServerTransportDelegate, @unchecked Sendable {
    let loop: EventLoop
    let services: Services
    let authenticator: Authenticator
    let log: @Sendable (ServerEvent) -> Void
    let maximumRequestBytes: Int
    let openWindow: Int
    let transport: ServerTransport
    private(set) var isDraining = false
    private(set) var activeCalls = 0
    private(set) var callCount = 0
    private var calls: [ObjectIdentifier: ServerCall] = [:]
    private var quiet: [() -> Void] = []
    private let instance = UInt32.random(in: 0...UInt32.max)

    init(
        configuration: ServerConfiguration, services: Services, authenticator: @escaping Authenticator,
        log: @escaping @Sendable (ServerEvent) -> Void
    ) throws {
        let limits = configuration.limits
        var settings = HTTP2Settings()
        settings.maximumConcurrentStreams = limits.maximumConcurrentStreams
        settings.maximumHeaderListBytes = limits.maximumHeaderListBytes
        settings.idleTimeout = limits.idleTimeout
        settings.keepaliveInterval = limits.keepaliveInterval
        settings.keepaliveTimeout = limits.keepaliveTimeout
        settings.messageTimeout = limits.messageTimeout
        settings.resetsPerSecond = limits.resetsPerSecond
        settings.resetBurst = limits.resetsPerSecond * 4
        var admission = AdmissionLimits()
        admission.connections = limits.maximumConnections
        admission.connectionsPerAddress = limits.maximumConnectionsPerAddress
        admission.handshakeTimeout = limits.handshakeTimeout
        admission.tick = limits.tick
        let tls = try TLSContext.server(
            certificateFile: configuration.certificateFile, keyFile: configuration.keyFile,
            clientAuthority: configuration.clientAuthorityFile, requireClient: configuration.requireClientCertificate)
        loop = try EventLoop()
        transport = ServerTransport(loop: loop, tls: tls, settings: settings, limits: admission)
        openWindow = settings.openWindow
        maximumRequestBytes = limits.maximumRequestBytes
        self.services = services
        self.authenticator = authenticator
        self.log = log
        transport.delegate = self
    }

    // MARK: From the transport

    func opened(_ stream: HTTP2Stream, on connection: HTTP2Connection, from peer: TransportPeer) {
        callCount += 1
        let identity = Peer(
            address: peer.endpoint.host, port: peer.endpoint.port, certificateSubject: peer.certificate?.subject,
            certificateNames: peer.certificate?.names ?? [])
        let call = ServerCall(
            stream: stream, connection: connection, peer: identity, core: self,
            requestID: String(instance, radix: 16) + "-" + String(callCount))
        calls[ObjectIdentifier(call)] = call
        stream.delegate = call
    }

    func noticed(_ message: String) {
        log(ServerEvent(kind: .connectionTrouble, message: message, error: nil, requestID: nil, method: nil))
    }

    // MARK: From calls

    func forget(_ call: ServerCall) {
        calls[ObjectIdentifier(call)] = nil
        tellIfQuiet()
    }

    func callBegan() { activeCalls += 1 }

    func callEnded() {
        activeCalls -= 1
        tellIfQuiet()
    }

    private var isQuiet: Bool { activeCalls == 0 && calls.isEmpty }

    private func tellIfQuiet() {
        guard isQuiet else { return }
        let waiting = quiet
        quiet = []
        for tell in waiting { tell() }
    }

    func ended(_ method: MethodName?, _ requestID: String, _ error: RPCError?) {
        log(
            ServerEvent(
                kind: .callEnded, message: error?.message ?? "ok", error: error, requestID: requestID, method: method))
    }

    // MARK: Shutdown

    func drain() {
        isDraining = true
        transport.drain()
    }

    /// Calls `tell` once, when no handler is at work and every reply is sent, or `limit` has passed.
    func whenQuiet(within limit: Duration, _ tell: @escaping @Sendable () -> Void) {
        guard !isQuiet else { return tell() }
        let once = Once(tell)
        quiet.append { once.fire() }
        _ = LoopTimer(loop, after: limit) { once.fire() }
    }

    /// Tells every call still open that the server goes, and cancels its task.
    func abortCalls() {
        for call in calls.values {
            call.abort(RPCError(code: .unavailable, message: "the server is shutting down; try again later"))
        }
    }
}

/// Runs a closure once. Confined to the loop's thread.
private final class Once {
    private var work: (() -> Void)?

    init(_ work: @escaping () -> Void) { self.work = work }

    func fire() {
        let work = work
        self.work = nil
        work?()
    }
}
