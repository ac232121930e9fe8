internal import CEvent
internal import Glibc
internal import RPCCore

/// Accepts connections on a bound socket. Confined to the loop's thread after `init`.
final class Listener {
    private let loop: EventLoop
    private var listener: OpaquePointer?
    private var pause: LoopTimer?
    private let accepted: (Int32, Endpoint) -> Void
    private let troubled: (String) -> Void
    /// Where it listens, with the port the system chose.
    let endpoint: Endpoint

    /// Binds a socket and listens. Call on the loop's thread. `accepted` owns the descriptor; `troubled` is told why
    /// accepting pauses. Throws an `RPCError` that says what to do when the address is in use or not allowed.
    init(
        loop: EventLoop, endpoint: Endpoint, accepted: @escaping (Int32, Endpoint) -> Void,
        troubled: @escaping (String) -> Void
    ) throws {
        self.loop = loop
        self.accepted = accepted
        self.troubled = troubled
        let descriptor = try Self.bind(endpoint)
        self.endpoint = Endpoint(host: endpoint.host, port: SocketAddress.local(descriptor)?.port ?? endpoint.port)
        listener = evconnlistener_new(
            loop.base,
            { _, descriptor, address, length, context in
                guard let context, let address else { return }
                let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
                listener.accepted(descriptor, SocketAddress.describe(address, length: socklen_t(length)))
            }, Unmanaged.passUnretained(self).toOpaque(), UInt32(LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC), 512,
            descriptor)
        guard listener != nil else {
            close(descriptor)
            throw TransportError.unavailable("the listener cannot be set up: out of memory")
        }
        evconnlistener_set_error_cb(listener) { _, context in
            if let context { Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().paused(errno) }
        }
    }

    /// Stops listening. Connections stay.
    func stop() {
        pause?.cancel()
        pause = nil
        if let listener {
            // Closing is not enough: a child between fork and exec holds the socket too, and clients would wait in a
            // queue that nobody serves.
            shutdown(evconnlistener_get_fd(listener), Int32(SHUT_RDWR))
            evconnlistener_free(listener)
        }
        listener = nil
    }

    /// Out of descriptors: the waiting connection stays readable, so going on at once would spin.
    private func paused(_ number: Int32) {
        guard let listener, pause == nil else { return }
        evconnlistener_disable(listener)
        troubled("accepting pauses for 100 ms: \(String(cString: strerror(number)))")
        pause = LoopTimer(loop, after: .milliseconds(100), isReal: true) { [weak self] in
            guard let self, let listener = self.listener else { return }
            self.pause = nil
            evconnlistener_enable(listener)
        }
    }

    private static func bind(_ endpoint: Endpoint) throws -> Int32 {
        var number: Int32 = 0
        for address in try SocketAddress.resolve(endpoint, passive: true) {
            let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = socket(address.family, flags, 0)
            guard descriptor >= 0 else {
                number = errno
                continue
            }
            var one: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            let bound = address.bytes.withUnsafeBytes { raw in
                raw.baseAddress.map {
                    Glibc.bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
                } ?? -1
            }
            if bound == 0, listen(descriptor, 512) == 0 { return descriptor }
            number = errno
            close(descriptor)
        }
        let place = "\(endpoint.host):\(endpoint.port)"
        switch number {
        case EADDRINUSE:
            throw TransportError.unavailable("\(place) is in use; stop the server that uses it or choose another port")
        case EACCES:
            throw TransportError.unavailable("\(place) may not be used by this user; choose a port above 1023")
        case EADDRNOTAVAIL:
            throw TransportError.unavailable("\(endpoint.host) is not an address of this machine")
        default: throw TransportError.system("cannot listen on \(place)", number)
        }
    }
}
