package import RPCCore

/// Receives the events of a stream. Called on the loop's thread; must not delete the session.
package protocol HTTP2StreamDelegate: AnyObject {
    /// A header block came; `ends` says that nothing follows it.
    func streamReceived(headers: [HeaderField], ends: Bool)
    /// The peer ended its side, after data.
    func streamEnded()
    /// A message of that many bytes has been announced. Returns the refusal when there is no room for it.
    func streamNeedsRoom(for length: Int) -> RPCError?
    /// A reader received a message of that many bytes.
    func streamDelivered(_ length: Int)
    /// A reader asks for the next message: it has finished with the one before.
    func streamReads()
    /// Called about once a second, for limits of time.
    func streamTick(now: ContinuousClock.Instant)
    /// The stream is gone; the HTTP/2 error code, 0 where it ended well.
    func streamClosed(errorCode: UInt32)
}

/// One HTTP/2 stream: an inbox one task reads from, and an outbox tasks write to with back-pressure.
///
/// `@unchecked Sendable`: every property is touched on `loop`'s thread only.
package final class HTTP2Stream: @unchecked Sendable {
    package let loop: EventLoop
    package weak var delegate: (any HTTP2StreamDelegate)?
    weak var connection: HTTP2Connection?
    package internal(set) var id: Int32 = 0
    /// Whether the reader's end is the status (a client's stream) and not the last byte (a server's).
    private let endsWithStatus: Bool
    package internal(set) var remoteEnded = false
    package let opened: ContinuousClock.Instant
    var receivingHeaders: [HeaderField] = []
    var receivingHeaderBytes = 0
    /// Whether a header block has begun and is not complete.
    var isReadingHeaders = false
    /// Whether received bytes hold the connection's window too: until the call is authorised, a peer may not send more
    /// than one window on all its streams together.
    var holdsConnection: Bool
    var heldForConnection = 0
    private var window = 0

    var inbox: Inbox
    var outbox = Outbox()
    /// Set when an error ended the stream: readers and writers get it.
    var failure: RPCError?
    /// Set when the stream has its status: readers get it after the waiting messages.
    var ending: Result<Void, RPCError>?
    var isCancelled = false
    var reader: CheckedContinuation<[UInt8]?, any Error>?
    var writers: [CheckedContinuation<Void, any Error>] = []
    /// Since when the next message from the peer has been awaited; nil while one waits for its reader.
    package private(set) var owedSince: ContinuousClock.Instant?
    /// When the peer began the message it has not finished.
    package private(set) var messageBegan: ContinuousClock.Instant?
    private var roomRefusal: RPCError?

    /// A stream that is not on a connection yet.
    package init(loop: EventLoop, inbox: Inbox, endsWithStatus: Bool) {
        self.loop = loop
        self.inbox = inbox
        self.endsWithStatus = endsWithStatus
        opened = loop.now
        holdsConnection = !endsWithStatus
    }

    // MARK: Receiving

    func received(_ bytes: UnsafeRawBufferPointer) {
        release(inbox.receive(bytes))
        settleRoom()
        noteProgress()
        guard reader != nil else { return }
        satisfyReader()
        noteProgress()
    }

    func receivedEnd() {
        remoteEnded = true
        inbox.end()
        settleRoom()
        noteProgress()
        satisfyReader()
        delegate?.streamEnded()
    }

    private func noteProgress() {
        if !inbox.isWaitingForPeer { owedSince = nil } else if owedSince == nil { owedSince = loop.now }
        let isInside = inbox.isInsideMessage && !inbox.isEnded
        if !isInside { messageBegan = nil } else if messageBegan == nil { messageBegan = loop.now }
    }

    /// A reader asked for a message.
    func notePull() { noteProgress() }

    /// Opens the gate: the body is read from here on, in messages of up to `messageLimit` bytes. Those above
    /// `freeLength` come only when the delegate has room for them, and then as fast as `window` allows.
    package func open(messageLimit: Int, freeLength: Int, window: Int, isWide: Bool) {
        self.window = window
        connection?.releaseConnection(self)
        if isWide { connection?.widen(self, to: window) }
        release(inbox.open(messageLimit: messageLimit, freeLength: freeLength))
        settleRoom()
        satisfyReader()
        noteProgress()
    }

    /// Nobody reads any more: what waits is freed, and what still arrives is dropped.
    package func stopReading() {
        connection?.releaseConnection(self)
        release(inbox.close())
    }

    /// Asks for room where an announced message needs it.
    private func settleRoom() {
        while let length = inbox.wanted {
            if let refusal = delegate?.streamNeedsRoom(for: length) {
                roomRefusal = refusal
                release(inbox.refuseRoom())
            } else {
                if length > 65_535 { connection?.widen(self, to: min(window, length)) }
                release(inbox.makeRoom())
            }
        }
    }

    private func release(_ bytes: Int) {
        if bytes > 0 { connection?.release(self, bytes: bytes) }
    }

    func satisfyReader() {
        guard let waiting = reader else { return }
        if let failure {
            reader = nil
            waiting.resume(throwing: failure)
            return
        }
        switch inbox.next() {
        case .message(let message, let count):
            reader = nil
            release(count)
            delegate?.streamDelivered(message.count)
            settleRoom()
            waiting.resume(returning: message)
        case .failed(let reason):
            reader = nil
            waiting.resume(throwing: error(reason))
        case .end, .wait:
            if let ending {
                reader = nil
                waiting.resume(with: ending.map { nil })
            } else if inbox.isEnded, !endsWithStatus {
                reader = nil
                waiting.resume(returning: nil)
            }
        }
    }

    private func error(_ reason: DeframerFailure) -> RPCError {
        switch reason {
        case .tooLarge(let length, let limit):
            RPCError(
                code: .resourceExhausted, message: "a message of \(length) bytes came; at most \(limit) are accepted")
        case .compressed:
            RPCError(
                code: .internalError,
                message: "a message says it is compressed, and the header grpc-encoding names no compression for it")
        case .invalidFlag(let flag):
            RPCError(code: .internalError, message: "a message began with flag \(flag); only 0 is known")
        case .truncated: RPCError(code: .internalError, message: "the stream ended inside a message")
        case .noRoom(let length):
            roomRefusal ?? RPCError(code: .resourceExhausted, message: "there is no room for \(length) bytes now")
        case .closed:
            if case .failure(let error) = ending {
                error
            } else {
                RPCError(code: .cancelled, message: "the call has ended")
            }
        }
    }

    // MARK: Ending

    /// The stream has its status; waiting messages may still be read.
    package func end(_ result: Result<Void, RPCError>) {
        guard ending == nil, failure == nil else { return }
        ending = result
        satisfyReader()
        let error: RPCError =
            switch result {
            case .success: RPCError(code: .cancelled, message: "the call has ended")
            case .failure(let error): error
            }
        resumeWriters(throwing: error)
    }

    /// The stream is over at once: readers and writers get `error`.
    package func terminate(_ error: RPCError) {
        guard failure == nil else { return }
        failure = error
        if ending == nil { ending = .failure(error) }
        outbox.discard()
        stopReading()
        satisfyReader()
        resumeWriters(throwing: error)
    }

    func resumeWriters(throwing error: RPCError) {
        let waiting = writers
        writers = []
        for writer in waiting { writer.resume(throwing: error) }
    }

    /// Bytes left the outbox.
    func outboxDrained() {
        guard outbox.count <= Outbox.lowWater, !writers.isEmpty else { return }
        let waiting = writers
        writers = []
        for writer in waiting { writer.resume() }
    }
}
