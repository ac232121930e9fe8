package import RPCCore
package import RPCTransport
internal import Synchronization

/// A pipe without a socket: a test feeds what the peer sends, and reads what the side under test writes, frame by frame.
///
/// `@unchecked Sendable`: `delegate` and `reader` are touched on the loop's thread only; the rest guards itself.
package final class FakePipe: Pipe, @unchecked Sendable {
    /// How the side under test ended the pipe.
    package enum Ending: Sendable, Equatable {
        case closed
        /// With last words.
        case parted
    }

    private struct State {
        var isStalled = false
        var held = 0
        var written = 0
        var ending: Ending?
    }

    package let loop: EventLoop
    package weak var delegate: (any PipeDelegate)?
    /// What the side under test writes, to its end.
    package let frames: AsyncStream<HTTP2Frame>
    private let arrived: AsyncStream<HTTP2Frame>.Continuation
    private var reader: FrameReader
    private let state = Mutex(State())

    /// - Parameter side: which side is under test.
    package init(_ loop: EventLoop, testing side: HTTP2Connection.Role) {
        self.loop = loop
        reader = FrameReader(afterPreface: side == .client)
        (frames, arrived) = AsyncStream.makeStream(of: HTTP2Frame.self)
    }

    // MARK: For the side under test

    package var pendingBytes: Int { state.withLock { $0.held } }

    package func write(_ bytes: [UInt8]) {
        let isOpen = state.withLock { state in
            guard state.ending == nil else { return false }
            state.written += bytes.count
            if state.isStalled { state.held += bytes.count }
            return true
        }
        guard isOpen else { return }
        for frame in reader.read(bytes) { arrived.yield(frame) }
    }

    package func close(flush: Bool) { end(.closed) }

    package func part(_ words: [UInt8]) {
        write(words)
        end(.parted)
    }

    private func end(_ ending: Ending) {
        delegate = nil
        state.withLock { if $0.ending == nil { $0.ending = ending } }
        arrived.finish()
    }

    // MARK: For the test

    /// How it was ended; nil while it is open.
    package var ending: Ending? { state.withLock { $0.ending } }

    /// Bytes written so far.
    package var written: Int { state.withLock { $0.written } }

    /// The handshake is done.
    package func connect() { loop.submit { self.delegate?.pipeConnected(certificate: nil) } }

    /// The peer sends bytes, all at once.
    package func feed(_ bytes: [UInt8]) {
        loop.submit { bytes.withUnsafeBytes { self.delegate?.pipeReceived($0) } }
    }

    /// The peer sends frames, all at once.
    package func feed(_ frames: HTTP2Frame...) { feed(frames.flatMap(\.bytes)) }

    /// The peer is gone: nil is an orderly end.
    package func hangUp(_ error: RPCError? = nil) {
        loop.submit {
            let delegate = self.delegate
            self.end(.closed)
            delegate?.pipeFailed(error)
        }
    }

    /// From here on the socket takes nothing; what is written waits.
    package func stall() { state.withLock { $0.isStalled = true } }

    /// The socket takes everything again.
    package func drain() {
        state.withLock {
            $0.isStalled = false
            $0.held = 0
        }
        loop.submit { self.delegate?.pipeDrained() }
    }

    /// Returns when the loop has done all that it was given so far, and what that gave it in turn.
    package func settle() async {
        for _ in 0..<4 {
            await withCheckedContinuation { continuation in loop.post { continuation.resume() } }
        }
    }
}
