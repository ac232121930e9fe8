package import RPCTransport

/// Makes a connection for a loop and hands its pipe over on the loop's thread, once.
package typealias Dial =
    @Sendable (EventLoop, _ made: @escaping @Sendable (Result<any Pipe, any Error>) -> Void) -> Void

/// The implementation of a channel: at most one connection, opened when a call needs it.
///
/// `@unchecked Sendable`: what changes is touched on `loop`'s thread only.
final class ChannelCore: HTTP2ConnectionDelegate, @unchecked Sendable {
    private enum State {
        case idle
        /// The connection, once TCP is established.
        case connecting(HTTP2Connection?)
        case ready(HTTP2Connection)
        case closed
    }

    let loop: EventLoop
    let endpoint: Endpoint
    let options: ChannelOptions
    private let dial: Dial
    private var state = State.idle
    private var waiting: [(Result<HTTP2Connection, RPCError>) -> Void] = []
    /// Connections still alive: the one in use or being opened, and older ones that finish their calls.
    private var connections: [ObjectIdentifier: HTTP2Connection] = [:]
    private var ticker: LoopTimer?

    /// - Parameter dial: how a connection is made; nil is TLS over TCP.
    init(endpoint: Endpoint, options: ChannelOptions, dial: Dial? = nil, time: ManualTime? = nil) throws {
        self.endpoint = endpoint
        self.options = options
        self.dial = try dial ?? Self.tls(to: endpoint, options)
        loop = try EventLoop(time: time)
    }

    private static func tls(to endpoint: Endpoint, _ options: ChannelOptions) throws -> Dial {
        let tls = try TLSContext.client(
            authorityFile: options.authorityFile, certificateFile: options.clientCertificateFile,
            keyFile: options.clientKeyFile)
        let side = TLSPipe.Side.client(name: options.serverName ?? endpoint.host)
        return { loop, made in
            let began = loop.now
            Connector.connect(endpoint, timeout: options.connectTimeout) { result in
                loop.submit {
                    made(
                        Result {
                            let descriptor = try result.get()
                            let left = max(options.connectTimeout - (loop.now - began), .milliseconds(100))
                            return try TLSPipe(
                                loop: loop, descriptor: descriptor, tls: tls, side: side, handshakeTimeout: left)
                        })
                }
            }
        }
    }

    private var name: String { options.serverName ?? endpoint.host }

    /// The `:authority` of requests.
    var authority: String { name.contains(":") ? "[\(name)]:\(endpoint.port)" : "\(name):\(endpoint.port)" }

    /// Calls back with a connection that takes calls, and opens one if there is none. On the loop's thread.
    func withConnection(_ body: @escaping (Result<HTTP2Connection, RPCError>) -> Void) {
        switch state {
        case .closed: body(.failure(TransportError.unavailable("the channel is closed")))
        case .ready(let connection) where connection.isOpen && !connection.isDraining: body(.success(connection))
        case .connecting: waiting.append(body)
        case .ready, .idle:
            waiting.append(body)
            connect()
        }
    }

    private func connect() {
        state = .connecting(nil)
        dial(loop) { self.connected($0) }
    }

    private func connected(_ result: Result<any Pipe, any Error>) {
        do {
            let pipe = try result.get()
            guard case .connecting = state else { return pipe.close(flush: false) }
            var settings = HTTP2Settings()
            settings.initialWindow = settings.openWindow
            settings.keepaliveInterval = options.keepaliveInterval
            settings.keepaliveTimeout = options.keepaliveTimeout
            settings.idleTimeout = nil
            let connection = try HTTP2Connection(loop: loop, role: .client, settings: settings, pipe: pipe)
            pipe.delegate = connection
            connection.delegate = self
            connections[ObjectIdentifier(connection)] = connection
            state = .connecting(connection)
        } catch {
            failed(error as? RPCError ?? RPCError(code: .unavailable, message: "cannot connect", cause: error))
        }
    }

    private func failed(_ error: RPCError) {
        if case .connecting = state { state = .idle }
        answer(.failure(error))
    }

    private func answer(_ result: Result<HTTP2Connection, RPCError>) {
        let all = waiting
        waiting = []
        for body in all { body(result) }
    }

    // MARK: From the connection

    func connectionReady(_ connection: HTTP2Connection, certificate: PeerCertificate?) {
        guard case .connecting = state else { return }
        state = .ready(connection)
        if ticker == nil { scheduleTick() }
        answer(.success(connection))
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream) {}

    func connectionRecognized(_ connection: HTTP2Connection) {}

    func connectionDraining(_ connection: HTTP2Connection) {
        if case .ready(let current) = state, current === connection { state = .idle }
    }

    func connectionClosed(_ connection: HTTP2Connection, error: RPCError?) {
        connections[ObjectIdentifier(connection)] = nil
        switch state {
        case .ready(let current) where current === connection: state = .idle
        case .connecting(let pending) where pending === connection:
            failed(error ?? TransportError.unavailable("the server closed the connection"))
        case .connecting, .ready, .idle, .closed: break
        }
    }

    private func scheduleTick() {
        ticker = LoopTimer(loop, after: .seconds(1)) { [weak self] in
            guard let self else { return }
            self.ticker = nil
            let now = self.loop.now
            for connection in self.connections.values { connection.tick(now: now) }
            if !self.connections.isEmpty { self.scheduleTick() }
        }
    }

    /// Ends every call and closes.
    func close() {
        state = .closed
        ticker?.cancel()
        ticker = nil
        let error = TransportError.unavailable("the channel was closed")
        for connection in connections.values {
            connection.goAway(final: true)
            connection.flush()
            connection.close(error)
        }
        connections = [:]
        answer(.failure(error))
    }
}
