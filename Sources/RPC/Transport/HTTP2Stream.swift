package import RPCCore

/// Who hears of a stream. Called on the loop's thread; must not delete the session.
package protocol HTTP2StreamDelegate: AnyObject {
    /// A header block came; `ends` says that nothing follows it.
    func streamReceived(headers: [HeaderField], ends: Bool)
    /// The peer ended its side, after data.
    func streamEnded()
    /// The peer began a message and takes too long to finish it.
    func streamStalled()
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
    /// Whether a status tells a reader the end (a client's stream), and not the last byte (a server's).
    private let endsWithStatus: Bool
    /// The header block just received was above the limit, and is not whole.
    package internal(set) var hasOversizedHeaders = false
    package internal(set) var remoteEnded = false
    var receivingHeaders: [HeaderField] = []
    var receivingHeaderBytes = 0

    var inbox: Inbox
    var outbox = Outbox()
    /// Set when an error ended the stream: readers and writers get it.
    var failure: RPCError?
    /// Set when the stream has its status: readers get it after the waiting messages.
    var ending: Result<Void, RPCError>?
    var isCancelled = false
    var reader: CheckedContinuation<[UInt8]?, any Error>?
    var writers: [CheckedContinuation<Void, any Error>] = []
    /// When the peer began the message it has not finished.
    var messageBegan: ContinuousClock.Instant?

    /// A stream that is not on a connection yet.
    package init(loop: EventLoop, inbox: Inbox, endsWithStatus: Bool) {
        self.loop = loop
        self.inbox = inbox
        self.endsWithStatus = endsWithStatus
    }

    // MARK: Receiving

    func received(_ bytes: UnsafeRawBufferPointer) {
        release(inbox.receive(bytes))
        noteProgress()
        satisfyReader()
    }

    func receivedEnd() {
        remoteEnded = true
        inbox.end()
        noteProgress()
        satisfyReader()
        delegate?.streamEnded()
    }

    private func noteProgress() {
        let isWaiting = inbox.isInsideMessage && !inbox.isEnded
        if !isWaiting { messageBegan = nil } else if messageBegan == nil { messageBegan = .now }
    }

    /// Opens the gate: the body is read from here on, in messages of up to `messageLimit` bytes.
    package func open(messageLimit: Int, window: Int) {
        connection?.widen(self, to: window)
        release(inbox.open(messageLimit: messageLimit))
        noteProgress()
        satisfyReader()
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
            waiting.resume(returning: message)
        case .failed(let reason):
            reader = nil
            waiting.resume(throwing: Self.error(reason))
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

    private static func error(_ failure: DeframerFailure) -> RPCError {
        switch failure {
        case .tooLarge(let length, let limit):
            RPCError(
                code: .resourceExhausted, message: "a message of \(length) bytes came; at most \(limit) are accepted")
        case .compressed:
            RPCError(code: .unimplemented, message: "messages must not be compressed (grpc-encoding: identity)")
        case .invalidFlag(let flag):
            RPCError(code: .internalError, message: "a message began with flag \(flag); only 0 is known")
        case .truncated: RPCError(code: .internalError, message: "the stream ended inside a message")
        }
    }

    // MARK: Ending

    /// The stream has its status; what waits may still be read.
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
