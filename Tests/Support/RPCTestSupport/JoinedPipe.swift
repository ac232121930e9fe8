package import RPC
package import RPCTransport
internal import Synchronization

/// One end of two pipes that are each other's peer: a client and a server in one process without a socket.
///
/// `@unchecked Sendable`: `delegate` and `early` are touched on the loop's thread only; the rest guards itself.
final class JoinedPipe: Pipe, @unchecked Sendable {
    private let loop: EventLoop
    weak var delegate: (any PipeDelegate)?
    /// What came before this end was open; nil once it is.
    private var early: [[UInt8]]? = []
    private let state = Mutex((peer: JoinedPipe?.none, pending: 0))

    private init(_ loop: EventLoop) { self.loop = loop }

    /// Joins a client's loop with a server, and tells both when they can speak.
    static func join(
        _ clientLoop: EventLoop, _ server: Server, _ made: @escaping @Sendable (Result<any Pipe, any Error>) -> Void
    ) {
        let near = JoinedPipe(clientLoop)
        server.adopt { serverLoop in
            let far = JoinedPipe(serverLoop)
            near.state.withLock { $0.peer = far }
            far.state.withLock { $0.peer = near }
            // After the server has set the delegate, which it does when this returns.
            serverLoop.post {
                far.open()
                clientLoop.post {
                    made(.success(near))
                    near.open()
                }
            }
            return far
        }
    }

    private func open() {
        delegate?.pipeConnected(certificate: nil)
        let waiting = early ?? []
        early = nil
        for bytes in waiting { receive(bytes) }
    }

    private func receive(_ bytes: [UInt8]) {
        guard early == nil else {
            early?.append(bytes)
            return
        }
        bytes.withUnsafeBytes { delegate?.pipeReceived($0) }
    }

    var pendingBytes: Int { state.withLock { $0.pending } }

    func write(_ bytes: [UInt8]) {
        let peer = state.withLock { state in
            if state.peer != nil { state.pending += bytes.count }
            return state.peer
        }
        guard let peer else { return }
        peer.loop.post {
            peer.receive(bytes)
            self.loop.post { self.taken(bytes.count) }
        }
    }

    private func taken(_ count: Int) {
        let isDrained = state.withLock { state in
            state.pending -= count
            return state.pending == 0
        }
        if isDrained { delegate?.pipeDrained() }
    }

    func close(flush: Bool) {
        delegate = nil
        let peer = state.withLock { state in
            defer { state.peer = nil }
            return state.peer
        }
        guard let peer else { return }
        peer.loop.post {
            let delegate = peer.delegate
            peer.close(flush: false)
            delegate?.pipeFailed(nil)
        }
    }

    func part(_ words: [UInt8]) {
        write(words)
        close(flush: true)
    }
}

extension Channel {
    /// A channel to a server of the same process, without a socket, which lives as long as the channel, and `owner` too. Each connection it makes is a new one of the server.
    package static func joined(
        to server: Server, options: ChannelOptions = ChannelOptions(), time: ManualTime? = nil,
        keeping owner: (any Sendable)? = nil
    ) throws -> Channel {
        try Channel(options: options, time: time) { loop, made in
            withExtendedLifetime(owner) { JoinedPipe.join(loop, server, made) }
        }
    }
}
