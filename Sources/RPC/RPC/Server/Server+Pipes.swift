package import RPCTransport

/// A server without a port, which is handed its pipes.
extension Server {
    /// Serves a pipe as if it had been accepted from `peer`: no port, no certificate. For tests. `make` makes it on the
    /// thread of the loop that it gets.
    package func adopt(
        from peer: Endpoint = Endpoint(host: "127.0.0.1", port: 1),
        _ make: @escaping @Sendable (EventLoop) throws -> any Pipe
    ) {
        let core = core
        core.loop.submit { core.transport.adopt(from: peer, make) }
    }

    /// Maintains connections without listening, for pipes handed over by `adopt`.
    package func startWithoutListening() { core.transport.start() }
}
