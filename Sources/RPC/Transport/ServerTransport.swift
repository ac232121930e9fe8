internal import Glibc
internal import RPCCore

/// Who hears of a server's connections and calls. Called on the loop's thread.
package protocol ServerTransportDelegate: AnyObject {
    /// A client opened a stream; the stream's delegate must be set here.
    func opened(_ stream: HTTP2Stream, on connection: HTTP2Connection, from peer: TransportPeer)
    /// Something an operator should know.
    func noticed(_ message: String)
}

/// The other end of a connection.
package struct TransportPeer: Sendable {
    /// Numeric address and port.
    package let endpoint: Endpoint
    /// Its verified certificate, where it showed one.
    package let certificate: PeerCertificate?
}

/// How many connections a server takes.
package struct AdmissionLimits: Sendable {
    package var connections = 1024
    package var connectionsPerAddress = 256
    package var handshakeTimeout: Duration = .seconds(10)
    /// How often connections are looked after.
    package var tick: Duration = .seconds(1)

    package init() {}
}

/// Listener and connections of a server. `@unchecked Sendable`: touched on `loop`'s thread only.
package final class ServerTransport: @unchecked Sendable {
    package let loop: EventLoop
    private let tls: TLSContext
    private let settings: HTTP2Settings
    private let limits: AdmissionLimits
    private var census: ConnectionCensus
    private var listener: Listener?
    private var entries: [ObjectIdentifier: Entry] = [:]
    private var ticker: LoopTimer?
    private var isDraining = false
    private var isClosed = false
    package weak var delegate: (any ServerTransportDelegate)?
    package private(set) var accepted = 0
    package private(set) var refused = 0

    package init(loop: EventLoop, tls: TLSContext, settings: HTTP2Settings, limits: AdmissionLimits) {
        self.loop = loop
        self.tls = tls
        self.settings = settings
        self.limits = limits
        census = ConnectionCensus(limit: limits.connections, addressLimit: limits.connectionsPerAddress)
    }

    package var connectionCount: Int { census.count }

    /// Begins to listen; returns the place with its real port.
    package func listen(_ endpoint: Endpoint) throws -> Endpoint {
        let listener = try Listener(
            loop: loop, endpoint: endpoint, accepted: { [weak self] in self?.accept($0, $1) },
            troubled: { [weak self] in self?.delegate?.noticed($0) })
        self.listener = listener
        scheduleTick()
        return listener.endpoint
    }

    private func scheduleTick() {
        ticker = LoopTimer(loop, after: limits.tick) { [weak self] in
            guard let self, !self.isClosed else { return }
            let now = ContinuousClock.now
            for entry in self.entries.values { entry.connection.tick(now: now) }
            self.scheduleTick()
        }
    }

    private func accept(_ descriptor: Int32, _ peer: Endpoint) {
        guard !isDraining, census.admit(peer.host) else {
            refused += 1
            Glibc.close(descriptor)
            return
        }
        accepted += 1
        do {
            let pipe = try TLSPipe(
                loop: loop, descriptor: descriptor, tls: tls, side: .server, handshakeTimeout: limits.handshakeTimeout)
            do {
                let connection = try HTTP2Connection(loop: loop, role: .server, settings: settings, pipe: pipe)
                let entry = Entry(connection, peer, self)
                pipe.delegate = connection
                connection.delegate = entry
                entries[ObjectIdentifier(connection)] = entry
            } catch {
                pipe.close(flush: false)
                throw error
            }
        } catch {
            census.leave(peer.host)
            delegate?.noticed("a connection from \(peer.host) could not be set up: \(error)")
        }
    }

    /// Refuses new connections and tells every client to open no new calls; calls that come anyway reach the
    /// delegate still.
    package func drain() {
        isDraining = true
        listener?.stop()
        listener = nil
        for entry in entries.values { entry.connection.goAway(final: false) }
    }

    /// Closes everything after what is queued is sent.
    package func close() {
        isClosed = true
        ticker?.cancel()
        listener?.stop()
        listener = nil
        for entry in entries.values {
            entry.connection.goAway(final: true)
            entry.connection.flush()
            entry.connection.close(TransportError.unavailable("the server is shutting down"))
        }
        entries = [:]
    }

    /// One connection with its peer.
    private final class Entry: HTTP2ConnectionDelegate {
        let connection: HTTP2Connection
        private var peer: TransportPeer
        private weak var transport: ServerTransport?

        init(_ connection: HTTP2Connection, _ endpoint: Endpoint, _ transport: ServerTransport) {
            self.connection = connection
            peer = TransportPeer(endpoint: endpoint, certificate: nil)
            self.transport = transport
        }

        func connectionReady(_ connection: HTTP2Connection, certificate: PeerCertificate?) {
            peer = TransportPeer(endpoint: peer.endpoint, certificate: certificate)
            if transport?.isDraining == true { connection.goAway(final: true) }
        }

        func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream) {
            transport?.delegate?.opened(stream, on: connection, from: peer)
        }

        func connectionDraining(_ connection: HTTP2Connection) {}

        func connectionClosed(_ connection: HTTP2Connection, error: RPCError?) {
            transport?.census.leave(peer.endpoint.host)
            transport?.entries[ObjectIdentifier(connection)] = nil
        }
    }
}
