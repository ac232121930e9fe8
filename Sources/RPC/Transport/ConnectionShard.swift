internal import Glibc
internal import RPCCore
internal import Synchronization

/// The census, for all loops. Safe from any thread.
final class CensusKeeper: Sendable {
    private let census: Mutex<ConnectionCensus>
    private let draining = Atomic(false)

    init(_ limits: ConnectionCensus.Limits) { census = Mutex(ConnectionCensus(limits)) }

    var isDraining: Bool { draining.load(ordering: .acquiring) }
    var count: Int { census.withLock { $0.count } }
    var admitted: Int { census.withLock { $0.admitted } }
    var refused: Int { census.withLock { $0.refused } }
    var isCrowded: Bool { census.withLock { $0.isCrowded } }

    func drain() { draining.store(true, ordering: .releasing) }
    func admit(_ address: String) -> ConnectionCensus.Decision { census.withLock { $0.admit(address) } }
    func recognize(_ id: ConnectionCensus.ID) { census.withLock { $0.recognize(id) } }
    func leave(_ id: ConnectionCensus.ID) { census.withLock { $0.leave(id) } }
}

/// The connections of one loop.
///
/// `@unchecked Sendable`: touched on `loop`'s thread only, but for `delegate`, which is set before the first
/// connection.
final class ConnectionShard: @unchecked Sendable {
    let loop: EventLoop
    private let tls: TLSContext?
    private let settings: HTTP2Settings
    private let limits: AdmissionLimits
    private let census: CensusKeeper
    private var entries: [ConnectionCensus.ID: Entry] = [:]
    private var ticker: LoopTimer?
    private var isClosed = false
    weak var delegate: (any ServerTransportDelegate)?

    init(
        loop: EventLoop, tls: TLSContext?, settings: HTTP2Settings, limits: AdmissionLimits, census: CensusKeeper
    ) {
        self.loop = loop
        self.tls = tls
        self.settings = settings
        self.limits = limits
        self.census = census
    }

    /// Begins to maintain connections.
    func start() {
        guard !isClosed else { return }
        ticker = LoopTimer(loop, after: limits.tick) { [weak self] in
            guard let self, !self.isClosed else { return }
            let now = self.loop.now
            let isCrowded = self.census.isCrowded
            for entry in Array(self.entries.values) { entry.connection.tick(now: now, isCrowded: isCrowded) }
            self.start()
        }
    }

    /// Takes an accepted socket.
    func take(_ descriptor: Int32, _ peer: Endpoint, _ id: ConnectionCensus.ID) {
        guard !isClosed, let tls else {
            Glibc.close(descriptor)
            return census.leave(id)
        }
        adopt(peer, id) { loop in
            try TLSPipe(
                loop: loop, descriptor: descriptor, tls: tls, side: .server, handshakeTimeout: limits.handshakeTimeout)
        }
    }

    /// Serves a pipe that `make` makes for the loop.
    func adopt(_ peer: Endpoint, _ id: ConnectionCensus.ID, _ make: (EventLoop) throws -> any Pipe) {
        guard !isClosed else { return census.leave(id) }
        do {
            let pipe = try make(loop)
            do {
                let connection = try HTTP2Connection(loop: loop, role: .server, settings: settings, pipe: pipe)
                let entry = Entry(connection, peer, id, self)
                pipe.delegate = connection
                connection.delegate = entry
                entries[id] = entry
            } catch {
                pipe.close(flush: false)
                throw error
            }
        } catch {
            census.leave(id)
            delegate?.noticed("a connection from \(peer.host) could not be set up: \(error)")
        }
    }

    /// Closes a stranger whose slot is needed.
    func evict(_ id: ConnectionCensus.ID) { entries[id]?.connection.leave() }

    func drain() {
        for entry in Array(entries.values) { entry.connection.goAway(final: false) }
    }

    func close() {
        isClosed = true
        ticker?.cancel()
        ticker = nil
        for entry in Array(entries.values) {
            entry.connection.goAway(final: true)
            entry.connection.flush()
            entry.connection.close(TransportError.unavailable("the server is shutting down"))
        }
        entries = [:]
    }

    /// One connection with its peer.
    private final class Entry: HTTP2ConnectionDelegate {
        let connection: HTTP2Connection
        private let id: ConnectionCensus.ID
        private var peer: TransportPeer
        private weak var shard: ConnectionShard?

        init(
            _ connection: HTTP2Connection, _ endpoint: Endpoint, _ id: ConnectionCensus.ID, _ shard: ConnectionShard
        ) {
            self.connection = connection
            self.id = id
            peer = TransportPeer(endpoint: endpoint, certificate: nil)
            self.shard = shard
        }

        func connectionReady(_ connection: HTTP2Connection, certificate: PeerCertificate?) {
            peer = TransportPeer(endpoint: peer.endpoint, certificate: certificate)
            // A verified certificate counts like a token: an authority that the operator trusts issued it.
            if certificate != nil { connection.recognize() }
            if shard?.census.isDraining == true { connection.goAway(final: true) }
        }

        func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream) {
            shard?.delegate?.opened(stream, on: connection, from: peer)
        }

        func connectionDraining(_ connection: HTTP2Connection) {}

        func connectionRecognized(_ connection: HTTP2Connection) { shard?.census.recognize(id) }

        func connectionClosed(_ connection: HTTP2Connection, error: RPCError?) {
            shard?.census.leave(id)
            shard?.entries[id] = nil
        }
    }
}
