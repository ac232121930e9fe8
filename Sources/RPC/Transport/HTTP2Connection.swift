internal import CNghttp2
package import RPCCore

/// Receives the events of a connection. Called on the loop's thread.
package protocol HTTP2ConnectionDelegate: AnyObject {
    /// TLS is established and HTTP/2 is agreed on.
    func connectionReady(_ connection: HTTP2Connection, certificate: PeerCertificate?)
    /// A client opened a stream; its header block follows through the stream's delegate, which must be set here.
    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream)
    /// No new calls: the peer said GOAWAY.
    func connectionDraining(_ connection: HTTP2Connection)
    /// The first call of a known caller was made.
    func connectionRecognized(_ connection: HTTP2Connection)
    /// The connection is gone. Its streams were told before.
    func connectionClosed(_ connection: HTTP2Connection, error: RPCError?)
}

/// An HTTP/2 session of nghttp2 over a pipe: the shell around streams, for both roles.
///
/// nghttp2 forbids feeding, draining or deleting a session inside its callbacks: `inSession` marks these calls, and
/// what must wait is done after them. `@unchecked Sendable`: touched on `loop`'s thread only.
package final class HTTP2Connection: PipeDelegate, @unchecked Sendable {
    /// Which end this is.
    package enum Role: Sendable { case server, client }

    package let loop: EventLoop
    package let role: Role
    package let settings: HTTP2Settings
    package weak var delegate: (any HTTP2ConnectionDelegate)?
    var pipe: (any Pipe)?
    var session: OpaquePointer?
    package internal(set) var streams: [Int32: HTTP2Stream] = [:]
    package internal(set) var isDraining = false
    private var inSession = false
    private var flushPosted = false
    var pendingFailure: RPCError??
    private var scratch: [UInt8] = []
    private let opened: ContinuousClock.Instant
    var keepalive: Keepalive
    var guarding: FloodGuard
    /// The GOAWAY to send, where the connection ends for a reason that the peer should be told.
    var parting: [UInt8]?
    /// Whether a call of a known caller was made.
    package private(set) var isRecognized = false
    /// The reason that the peer's GOAWAY gave.
    var peersReason: RPCError?

    package init(loop: EventLoop, role: Role, settings: HTTP2Settings, pipe: any Pipe) throws {
        self.loop = loop
        self.role = role
        self.settings = settings
        self.pipe = pipe
        opened = loop.now
        keepalive = Keepalive(
            interval: settings.keepaliveInterval, timeout: settings.keepaliveTimeout,
            idleTimeout: settings.idleTimeout, now: opened)
        guarding = FloodGuard(
            strikesPerSecond: settings.resetsPerSecond, strikeBurst: settings.resetBurst,
            headerBytesPerSecond: Double(settings.strangerHeaderBytesPerSecond))
        session = try makeSession()
    }

    package var isOpen: Bool { session != nil }

    // MARK: Pipe

    package func pipeConnected(certificate: PeerCertificate?) {
        delegate?.connectionReady(self, certificate: certificate)
        flush()
    }

    package func pipeReceived(_ bytes: UnsafeRawBufferPointer) {
        guard let session else { return }
        keepalive.heard(now: loop.now)
        inSession = true
        let taken = nghttp2_session_mem_recv(
            session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        inSession = false
        if pendingFailure == nil, taken < 0 {
            flush()
            if isFlood(taken) { return calm(FloodGuard.frames) }
            close(TransportError.unavailable("the peer does not follow HTTP/2 (\(Self.text(Int32(taken))))"))
            return
        }
        afterSession()
        refuseUnreadAnswers()
        flush()
    }

    package func pipeDrained() { flush() }

    package func pipeFailed(_ error: RPCError?) {
        pipe = nil
        close(error ?? TransportError.unavailable("the peer closed the connection"))
    }

    // MARK: Sending

    /// Sends the session's output in a later pass, so that many writes leave together.
    func scheduleFlush() {
        guard !flushPosted else { return }
        flushPosted = true
        loop.post {
            self.flushPosted = false
            self.flush()
        }
    }

    /// Bytes that may wait in the pipe for a slow peer before the session stops sending.
    private static let pipeLimit = 256 << 10

    /// Sends the session's output.
    package func flush() {
        guard !inSession else { return scheduleFlush() }
        while let session, let pipe, pipe.pendingBytes < Self.pipeLimit {
            scratch.removeAll(keepingCapacity: true)
            inSession = true
            // Collected first: each piece written alone would become a TLS record of its own.
            while scratch.count < 64 << 10 {
                var data: UnsafePointer<UInt8>?
                let count = nghttp2_session_mem_send(session, &data)
                guard count > 0, let data else {
                    if count < 0 { pendingFailure = .some(TransportError.unavailable(Self.text(Int32(count)))) }
                    break
                }
                scratch.append(contentsOf: UnsafeBufferPointer(start: data, count: count))
            }
            inSession = false
            if scratch.isEmpty { break }
            pipe.write(scratch)
        }
        afterSession()
        if let session, nghttp2_session_want_read(session) == 0, nghttp2_session_want_write(session) == 0 {
            // The session ended the connection: its GOAWAY must reach a peer that is still sending.
            if role == .server, !isDraining, parting == nil { parting = [] }
            close(nil)
        }
    }

    private func afterSession() {
        guard let failure = pendingFailure else { return }
        pendingFailure = nil
        close(failure)
    }

    // MARK: Ending

    /// Closes as soon as nghttp2 allows: from inside a callback, after it.
    func fail(_ error: RPCError?) {
        if inSession { pendingFailure = .some(error) } else { close(error) }
    }

    /// Closes now. Streams are notified first, because deleting a session does not notify them.
    package func close(_ error: RPCError?) {
        guard !inSession else { return fail(error) }
        guard let session else { return }
        self.session = nil
        let reason = peersReason ?? error ?? TransportError.unavailable("the connection was closed")
        let open = streams
        streams = [:]
        for stream in open.values {
            stream.connection = nil
            stream.terminate(reason)
            stream.delegate?.streamClosed(errorCode: UInt32(NGHTTP2_CANCEL.rawValue))
        }
        nghttp2_session_del(session)
        let pipe = pipe
        self.pipe = nil
        if let parting { pipe?.part(parting) } else { pipe?.close(flush: true) }
        delegate?.connectionClosed(self, error: error)
    }

    /// Sends GOAWAY; with `final` new streams are ignored, without it they still reach the delegate.
    package func goAway(final: Bool, code: UInt32 = 0) {
        guard let session else { return }
        isDraining = true
        if final {
            nghttp2_submit_goaway(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session), code, nil,
                0)
        } else {
            nghttp2_submit_shutdown_notice(session)
        }
        scheduleFlush()
    }

    /// The first call of a known caller: from here on the connection may receive more at once.
    package func recognize() {
        guard !isRecognized, let session else { return }
        isRecognized = true
        nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(clamping: max(settings.openWindow, 65_535)))
        delegate?.connectionRecognized(self)
        scheduleFlush()
    }

    /// To be called about once a second: keepalive, unused connections, header blocks and messages that never end. When
    /// most slots are taken, connections without a call are closed sooner.
    package func tick(now: ContinuousClock.Instant, isCrowded: Bool = false) {
        for stream in Array(streams.values) {
            if role == .server, stream.isReadingHeaders, now - stream.opened >= settings.headerTimeout {
                return calm(FloodGuard.slowHeaders)
            }
            stream.delegate?.streamTick(now: now)
        }
        guard let session else { return }
        if role == .server, !isRecognized, streams.isEmpty, now - opened >= settings.strangerTimeout {
            return leave()
        }
        let limit = isCrowded ? settings.crowdedIdleTimeout : nil
        switch keepalive.tick(now: now, streams: streams.count, idleLimit: limit) {
        case .none: break
        case .ping:
            nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
            flush()
        case .dead: close(TransportError.unavailable("the peer no longer answers"))
        case .idle: leave()
        }
    }

    /// Closes with GOAWAY: the connection is unused, or its slot is needed.
    package func leave() {
        goAway(final: true)
        flush()
        close(nil)
    }

    static func text(_ code: Int32) -> String { String(cString: nghttp2_strerror(code)) }
}
