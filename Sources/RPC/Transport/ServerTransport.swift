internal import Glibc
internal import RPCCore

/// Receives the events of a server's connections and calls. Called on the thread of the connection's loop.
package protocol ServerTransportDelegate: AnyObject, Sendable {
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
    /// How often connections are checked.
    package var tick: Duration = .seconds(1)

    package init() {}
}

/// Listener and connections of a server. Sockets are handed to the loops in turn; each loop has its own connections,
/// and only the census is shared by all.
///
/// `@unchecked Sendable`: `listener` is touched on the first loop's thread only, `delegate` is set before `listen`;
/// the rest is constant or guards itself.
package final class ServerTransport: @unchecked Sendable {
    private let loops: [EventLoop]
    private let shards: [ConnectionShard]
    private let census: CensusKeeper
    private var listener: Listener?
    package weak var delegate: (any ServerTransportDelegate)? {
        didSet { for shard in shards { shard.delegate = delegate } }
    }

    package init(loops: [EventLoop], tls: TLSContext?, settings: HTTP2Settings, limits: AdmissionLimits) {
        self.loops = loops
        let census = CensusKeeper(
            ConnectionCensus.Limits(
                connections: limits.connections, connectionsPerPlace: limits.connectionsPerAddress))
        self.census = census
        shards = loops.map {
            ConnectionShard(loop: $0, tls: tls, settings: settings, limits: limits, census: census)
        }
    }

    package var connectionCount: Int { census.count }
    package var accepted: Int { census.admitted }
    package var refused: Int { census.refused }

    /// Begins to listen; returns the place with its real port. On the first loop's thread.
    package func listen(_ endpoint: Endpoint) throws -> Endpoint {
        let listener = try Listener(
            loop: loops[0], endpoint: endpoint, accepted: { [weak self] in self?.accept($0, $1) },
            troubled: { [weak self] in self?.delegate?.noticed($0) })
        self.listener = listener
        start()
        return listener.endpoint
    }

    private func accept(_ descriptor: Int32, _ peer: Endpoint) {
        guard let id = admit(peer) else {
            Glibc.close(descriptor)
            return
        }
        let shard = shard(of: id)
        shard.loop.submit { shard.take(descriptor, peer, id) }
    }

    /// Begins to maintain connections without listening, for pipes handed over by `adopt`.
    package func start() {
        for shard in shards { shard.loop.submit { shard.start() } }
    }

    /// Serves a pipe as if it had been accepted from `peer`; `make` makes it, on the thread of the loop that it gets.
    /// No pipe is made where there is no slot for one more.
    package func adopt(from peer: Endpoint, _ make: @escaping @Sendable (EventLoop) throws -> any Pipe) {
        guard let id = admit(peer) else { return }
        let shard = shard(of: id)
        shard.loop.submit { shard.adopt(peer, id, make) }
    }

    /// A slot for one more connection, if there is one; the stranger that is closed to make room is notified.
    private func admit(_ peer: Endpoint) -> ConnectionCensus.ID? {
        guard !census.isDraining, case .admit(let id, let evicted) = census.admit(peer.host) else { return nil }
        if let evicted {
            let shard = shard(of: evicted)
            shard.loop.submit { shard.evict(evicted) }
        }
        return id
    }

    private func shard(of id: ConnectionCensus.ID) -> ConnectionShard { shards[Int(id % UInt64(shards.count))] }

    /// Refuses new connections and tells every client to open no new calls; calls that come anyway reach the
    /// delegate still. On the first loop's thread.
    package func drain() {
        census.drain()
        listener?.stop()
        listener = nil
        for shard in shards { shard.loop.submit { shard.drain() } }
    }

    /// Closes everything after what is queued is sent. On the first loop's thread; `closed` is called when every
    /// connection was told.
    package func close(_ closed: @escaping @Sendable () -> Void) {
        listener?.stop()
        listener = nil
        Self.close(shards[...], closed)
    }

    /// Closes one loop's connections after the other.
    private static func close(_ shards: ArraySlice<ConnectionShard>, _ closed: @escaping @Sendable () -> Void) {
        guard let shard = shards.first else { return closed() }
        shard.loop.submit {
            shard.close()
            close(shards.dropFirst(), closed)
        }
    }
}
