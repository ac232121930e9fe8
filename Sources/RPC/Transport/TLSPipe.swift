internal import CEvent
internal import COpenSSL
internal import Glibc
internal import RPCCore

/// A TLS connection on libevent's `bufferevent_openssl`. Confined to the loop's thread.
///
/// `@unchecked Sendable`: only so that it may be named in work given to its own loop.
package final class TLSPipe: Pipe, @unchecked Sendable {
    private let loop: EventLoop
    private var bufferEvent: OpaquePointer?
    private var isConnected = false
    private var isClosing = false
    private var isParting = false
    private var lingering: LoopTimer?
    /// `bufferevent_set_timeouts` restarts with every byte; this timer catches a peer that sends one byte a second.
    private var deadline: LoopTimer?
    /// Input is left for the next turn of the loop.
    private var isReadPosted = false
    /// The end of the connection, reported after the input before it.
    private var ending: RPCError??
    private let side: Side
    package weak var delegate: (any PipeDelegate)?

    /// Which end this is.
    package enum Side: Sendable {
        /// A connection accepted by a server.
        case server
        /// A connection opened by a client to a server of this name.
        case client(name: String)
    }

    /// TLS over a connected, non-blocking socket, which it owns from here on, also when it throws.
    package init(loop: EventLoop, descriptor: Int32, tls: TLSContext, side: Side, handshakeTimeout: Duration) throws {
        self.loop = loop
        self.side = side
        let ssl: OpaquePointer?
        let state: bufferevent_ssl_state
        switch side {
        case .server: (ssl, state) = (tls.acceptor(), BUFFEREVENT_SSL_ACCEPTING)
        case .client(let name): (ssl, state) = (tls.connector(name: name), BUFFEREVENT_SSL_CONNECTING)
        }
        guard let ssl else {
            Glibc.close(descriptor)
            throw TransportError.unavailable("TLS cannot start (\(TransportError.opensslReason()))")
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        guard
            let event = bufferevent_openssl_socket_new(
                loop.base, descriptor, ssl, state, Int32(BEV_OPT_CLOSE_ON_FREE.rawValue))
        else {
            SSL_free(ssl)
            Glibc.close(descriptor)
            throw TransportError.unavailable("a connection cannot be set up: out of memory")
        }
        bufferEvent = event
        bufferevent_openssl_set_allow_dirty_shutdown(event, 1)
        bufferevent_setcb(
            event,
            { _, context in TLSPipe.from(context)?.read() },
            { _, context in TLSPipe.from(context)?.drained() },
            { _, what, context in TLSPipe.from(context)?.event(Int32(what)) },
            Unmanaged.passUnretained(self).toOpaque())
        // Lifts libevent's 4 KiB read unit.
        bufferevent_setwatermark(event, Int16(EV_READ), 0, 1 << 16)
        deadline = LoopTimer(loop, after: handshakeTimeout) { [weak self] in self?.handshakeTimedOut() }
        bufferevent_enable(event, Int16(EV_READ | EV_WRITE))
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> TLSPipe? {
        context.map { Unmanaged<TLSPipe>.fromOpaque($0).takeUnretainedValue() }
    }

    package var pendingBytes: Int { bufferEvent.map { evbuffer_get_length(bufferevent_get_output($0)) } ?? 0 }

    package func write(_ bytes: [UInt8]) {
        guard let bufferEvent, !isClosing, !bytes.isEmpty else { return }
        bufferevent_write(bufferEvent, bytes, bytes.count)
    }

    package func close(flush: Bool) {
        guard let bufferEvent else { return }
        deadline?.cancel()
        deadline = nil
        delegate = nil
        if flush, isConnected, pendingBytes > 0 {
            guard !isClosing else { return }
            isClosing = true
            bufferevent_disable(bufferEvent, Int16(EV_READ))
            // Keeps itself alive until drained, failed or timed out.
            lingering = LoopTimer(loop, after: .seconds(2), isReal: true) { self.free() }
            return
        }
        free()
    }

    package func part(_ words: [UInt8]) {
        guard let bufferEvent, isConnected, !isClosing else { return close(flush: true) }
        write(words)
        delegate = nil
        isClosing = true
        isParting = true
        bufferevent_disable(bufferEvent, Int16(EV_READ))
        lingering = LoopTimer(loop, after: .milliseconds(500), isReal: true) { self.free() }
    }

    private func free() {
        lingering?.cancel()
        lingering = nil
        guard let event = bufferEvent else { return }
        bufferEvent = nil
        bufferevent_setcb(event, nil, nil, nil, nil)
        if isConnected, let ssl = bufferevent_openssl_get_ssl(event) {
            // libevent sends no close_notify by itself.
            SSL_shutdown(ssl)
        }
        bufferevent_free(event)
        ERR_clear_error()
    }

    /// How long one connection may occupy the loop in a turn, and the pieces in which its input is read: header blocks
    /// cost a hundred times what data costs, so the loop shares out time, not bytes.
    private static let turn: Duration = .milliseconds(1)
    private static let pieceBytes = 8 << 10

    private func read() {
        guard let bufferEvent, !isClosing else { return }
        let input = bufferevent_get_input(bufferEvent)
        let end = ContinuousClock.now + Self.turn
        var chunk = [UInt8]()
        while self.bufferEvent != nil, !isClosing {
            let count = min(evbuffer_get_length(input), Self.pieceBytes)
            guard count > 0 else { return finishReading() }
            // Taken out first: the delegate may close the pipe, and with it the buffer.
            chunk = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
                written = max(0, Int(evbuffer_remove(input, buffer.baseAddress, count)))
            }
            chunk.withUnsafeBytes { delegate?.pipeReceived($0) }
            if ContinuousClock.now >= end { return readLater() }
        }
    }

    /// Other connections have their turn first. Meanwhile libevent stops reading at the high watermark.
    private func readLater() {
        guard !isReadPosted else { return }
        isReadPosted = true
        loop.post { [weak self] in
            self?.isReadPosted = false
            self?.read()
        }
    }

    private func finishReading() {
        guard let error = ending else { return }
        ending = nil
        fail(error)
    }

    private func drained() {
        guard pendingBytes == 0 else { return }
        guard !isParting else { return }
        if isClosing { free() } else { delegate?.pipeDrained() }
    }

    private func event(_ what: Int32) {
        guard let bufferEvent else { return }
        if what & BEV_EVENT_CONNECTED != 0 {
            connected(bufferEvent)
            return
        }
        if isClosing {
            free()
            return
        }
        let number = errno
        let reason = failure(what, number)
        guard isConnected else { return fail(reason) }
        ending = .some(reason)
        if !isReadPosted { read() }
    }

    private func connected(_ event: OpaquePointer) {
        guard let ssl = bufferevent_openssl_get_ssl(event) else { return }
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name, length == 2, name[0] == UInt8(ascii: "h"), name[1] == UInt8(ascii: "2") else {
            fail(TransportError.unavailable("the peer speaks TLS but not HTTP/2: is this the right port?"))
            return
        }
        isConnected = true
        deadline?.cancel()
        deadline = nil
        delegate?.pipeConnected(certificate: PeerCertificate(ssl: ssl))
    }

    private func handshakeTimedOut() {
        fail(TransportError.unavailable("the TLS handshake took too long"))
    }

    private func fail(_ error: RPCError?) {
        let delegate = delegate
        close(flush: false)
        delegate?.pipeFailed(error)
    }

    private func failure(_ what: Int32, _ number: Int32) -> RPCError? {
        guard let bufferEvent else { return nil }
        let code = UInt(bufferevent_get_openssl_error(bufferEvent))
        defer { ERR_clear_error() }
        if !isConnected, case .client(let name) = side, let ssl = bufferevent_openssl_get_ssl(bufferEvent) {
            let verified = SSL_get_verify_result(ssl)
            if verified != Int(X509_V_OK) {
                let depth = TLSContext.failedDepth(ssl)
                return CertificateTrouble.error(verified, isOfServer: depth == 0, name: name)
            }
        }
        if code != 0 {
            let reason = TransportError.opensslReason(code)
            guard !isConnected else { return TransportError.unavailable("the connection broke (\(reason))") }
            return CertificateTrouble.handshake(code, reason)
        }
        if !isConnected {
            return TransportError.unavailable(
                "the peer closed the connection during the TLS handshake; is it the server's port, and does it speak "
                    + "TLS?")
        }
        if what & BEV_EVENT_EOF != 0 { return nil }
        return TransportError.system("the connection broke", number)
    }
}
