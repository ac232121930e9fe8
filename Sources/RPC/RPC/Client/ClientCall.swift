internal import RPCTransport

/// One call on the client.
///
/// `@unchecked Sendable`: what changes is touched on the loop's thread only.
final class ClientCall: HTTP2StreamDelegate, @unchecked Sendable {
    private let core: ChannelCore
    private let stream: HTTP2Stream
    private weak var connection: HTTP2Connection?
    private var state = ClientCallState()
    private var timer: LoopTimer?
    private var isOver = false
    private let limits: MessageLimits

    private init(core: ChannelCore) {
        self.core = core
        limits = MessageLimits(frameBytes: core.options.maximumReplyBytes, unpackedBytes: core.options.unpackedBytes)
        stream = HTTP2Stream(
            loop: core.loop, inbox: Inbox(messageLimit: core.options.maximumReplyBytes, isOpen: true),
            endsWithStatus: true)
        stream.delegate = self
    }

    /// Begins a call; what is written before the connection is open is sent once it is.
    static func start(_ method: MethodName, core: ChannelCore, options: CallOptions) -> ClientCall {
        let call = ClientCall(core: core)
        core.loop.submit { call.begin(method, options) }
        return call
    }

    private func begin(_ method: MethodName, _ options: CallOptions) {
        guard !isOver else { return }
        let deadline = options.timeout.map { core.loop.now + $0 }
        if let timeout = options.timeout {
            timer = LoopTimer(core.loop, after: timeout) { [weak self] in
                self?.fail(RPCError(code: .deadlineExceeded, message: "the deadline passed"))
            }
        }
        connect(method, options.metadata, deadline, attemptsLeft: 1)
    }

    private func connect(
        _ method: MethodName, _ metadata: Metadata, _ deadline: ContinuousClock.Instant?, attemptsLeft: Int
    ) {
        core.withConnection { result in
            guard !self.isOver else { return }
            switch result {
            case .failure(let error): self.fail(error)
            case .success(let connection):
                do {
                    try connection.open(self.stream, headers: self.headers(method, metadata, deadline))
                    self.connection = connection
                } catch {
                    // The connection stopped taking calls between two events: nothing was sent, so another connection
                    // may take the call.
                    guard attemptsLeft > 0 else {
                        return self.fail(error as? RPCError ?? RPCError(code: .unavailable, message: "\(error)"))
                    }
                    self.connect(method, metadata, deadline, attemptsLeft: attemptsLeft - 1)
                }
            }
        }
    }

    private func headers(
        _ method: MethodName, _ metadata: Metadata, _ deadline: ContinuousClock.Instant?
    ) -> [HeaderField] {
        var fields = [
            HeaderField(":method", "POST"), HeaderField(":scheme", "https"), HeaderField(":path", method.path),
            HeaderField(":authority", core.authority), HeaderField("content-type", "application/grpc"),
            HeaderField("te", "trailers"), HeaderField("grpc-accept-encoding", "identity"),
        ]
        if let deadline { fields.append(HeaderField("grpc-timeout", Timeout.format(deadline - core.loop.now))) }
        return fields + metadata.headers
    }

    // MARK: From the stream

    func streamReceived(headers: [HeaderField], ends: Bool) {
        switch state.receive(headers, ends: ends) {
        case .ignore, .initial: break
        case .succeeded: finish(.success(()))
        case .failed(let error):
            finish(.failure(error))
            if !ends { connection?.reset(stream, cancelled: true) }
        }
    }

    func streamEnded() {}

    /// What a server may send is bounded by `maximumReplyBytes`, a message at a time.
    func streamNeedsRoom(for length: Int) -> RPCError? { nil }

    func streamDelivered(_ length: Int) {}

    func streamReads() {}

    func streamTick(now: ContinuousClock.Instant) {}

    func streamClosed(errorCode: UInt32) {
        // When a connection breaks, its streams end with the reason before the delegate is told.
        if let error = state.close(errorCode: errorCode) { finish(.failure(stream.currentFailure ?? error)) }
        connection = nil
    }

    private func finish(_ result: Result<Void, RPCError>) {
        isOver = true
        timer?.cancel()
        timer = nil
        stream.end(result)
    }

    private func fail(_ error: RPCError) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        timer = nil
        stream.terminate(error)
        connection?.reset(stream, cancelled: true)
    }

    // MARK: For tasks

    /// Ends the call; does nothing when it is over.
    func cancel() {
        core.loop.submit { self.fail(RPCError(code: .cancelled, message: "the call was cancelled")) }
    }

    /// Whether the server gave the call its status.
    var hasStatus: Bool {
        get async {
            await withCheckedContinuation { continuation in
                core.loop.submit { continuation.resume(returning: self.isOver && self.stream.currentFailure == nil) }
            }
        }
    }

    /// Sends a request; suspends while the server does not keep up.
    func write(_ request: some WireMessage) async throws {
        try await stream.send(try MessageBridge.encode(request)) { true }
    }

    /// Says that no request follows.
    func finishWriting() {
        core.loop.submit { self.stream.finishWriting() }
    }

    /// The next reply; nil when the call ended well, throws the status when not.
    func reply<Reply: WireMessage>() async throws -> Reply? {
        guard let bytes = try await stream.nextMessage() else { return nil }
        do {
            return try MessageBridge.decode(bytes, limits)
        } catch {
            cancel()
            throw RPCError(code: .internalError, message: "a reply cannot be read", cause: error)
        }
    }

    /// The one reply of a call that has one.
    func onlyReply<Reply: WireMessage>() async throws -> Reply {
        guard let reply: Reply = try await reply() else {
            throw RPCError(code: .internalError, message: "the server sent no reply")
        }
        guard try await stream.nextMessage() == nil else {
            cancel()
            throw RPCError(code: .internalError, message: "the server sent more than one reply")
        }
        return reply
    }
}
