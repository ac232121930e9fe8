internal import RPCTransport

/// One call on the server: its state, its deadlines and the task of its handler.
///
/// `@unchecked Sendable`: every property that changes is touched on the loop's thread only.
final class ServerCall: HTTP2StreamDelegate, @unchecked Sendable {
    let requestID: String
    let loop: EventLoop
    private let number: UInt64
    private let stream: HTTP2Stream
    private weak var connection: HTTP2Connection?
    private let peer: Peer
    private let core: ServerCore
    private var state = ServerCallState()
    private var isOver: Bool { state.isOver }
    private var hasBegun = false
    private var task: Task<Void, Never>?
    private var deadlineTimer: LoopTimer?
    private var graceTimer: LoopTimer?
    private var method: MethodName?
    /// Why the caller may no longer make this call: its status, unless the handler answers in time.
    private var lost: RPCError?
    /// The two below are written before the handler's task starts, only read after.
    private var limits = MessageLimits(frameBytes: 0, unpackedBytes: 0)
    private var kind = Services.Kind.unary
    /// The account it is counted on, from authorisation on.
    private var account: CallAccount?
    /// Bytes counted against the account, and those of the message that the handler is working on.
    private var counted = 0
    private var delivered = 0

    init(
        stream: HTTP2Stream, connection: HTTP2Connection, peer: Peer, core: ServerCore, number: UInt64,
        requestID: String
    ) {
        self.stream = stream
        loop = stream.loop
        self.connection = connection
        self.peer = peer
        self.core = core
        self.number = number
        self.requestID = requestID
    }

    // MARK: From the stream

    func streamReceived(headers: [HeaderField], ends: Bool) {
        // A second block is the request's trailers, which gRPC does not have.
        guard !hasBegun else { return }
        hasBegun = true
        switch ServerCallState.open(headers) {
        case .notGRPC(let status):
            _ = state.reset()
            connection?.respond(stream, headers: [HeaderField(":status", String(status))], ends: true)
        case .refuse(let error): finish(error)
        case .call(let head): begin(head)
        }
    }

    private func begin(_ head: RequestHead) {
        method = head.method
        if core.isDraining {
            finish(RPCError(code: .unavailable, message: "the server is shutting down; try again later"))
            return
        }
        guard let route = core.services.routes[head.method] else {
            finish(RPCError(code: .unimplemented, message: "there is no method \(head.method)"))
            return
        }
        kind = route.kind
        let frameBytes = route.options.maximumRequestBytes ?? core.limits.maximumRequestBytes
        limits = MessageLimits(
            frameBytes: frameBytes, unpackedBytes: route.options.unpackedBytes ?? (64 << 10) + 2 * frameBytes)
        let deadline = head.timeout.map { loop.now + $0 }
        if let timeout = head.timeout {
            deadlineTimer = LoopTimer(loop, after: timeout) { [weak self] in
                self?.abort(RPCError(code: .deadlineExceeded, message: "the deadline passed"))
            }
        }
        core.callBegan()
        let loopExecutor: (any TaskExecutor)? = route.options.executor == .loop ? loop : nil
        task = Task {
            var account: CallAccount?
            var failure: (any Error)?
            do {
                let principal = try await authorise(head)
                let whose = Self.account(of: principal, peer)
                try core.budget.open(whose)
                account = whose
                core.authorised(number, head.method, principal)
                let context = CallContext(
                    method: head.method, metadata: head.metadata, peer: peer, deadline: deadline, requestID: requestID,
                    principal: principal)
                loop.submit { self.openGate(whose) }
                try await withTaskExecutorPreference(loopExecutor) { try await route.run(self, context) }
            } catch {
                failure = error
            }
            let (ended, whose) = (failure, account)
            loop.submit {
                self.handlerEnded(ended)
                if let whose { self.core.budget.close(whose, bytes: self.counted) }
                self.counted = 0
                self.core.callEnded()
            }
        }
    }

    /// Authenticates the caller. A peer that is refused again and again counts like one that resets calls.
    private func authorise(_ head: RequestHead) async throws -> any Sendable {
        do {
            return try await core.authenticator(head.method, head.metadata, peer)
        } catch {
            loop.submit { self.connection?.refusedCall() }
            throw error
        }
    }

    private static func account(of principal: any Sendable, _ peer: Peer) -> CallAccount {
        guard let caller = principal as? any KnownCaller else {
            return .stranger(ConnectionCensus.place(peer.address))
        }
        return .user(caller.accountNumber)
    }

    // MARK: Reading

    /// Messages up to this size are kept without being counted: a stream's window is larger anyway.
    private static let freeBytes = 16 << 10

    private func openGate(_ account: CallAccount) {
        guard !isOver else { return stream.stopReading() }
        self.account = account
        if case .user = account { connection?.recognize() }
        // A stream of messages is read ahead up to its window, so that much is counted at once.
        let isWide =
            kind.streamsRequests && limits.frameBytes > core.initialWindow && count(core.openWindow) == nil
        stream.open(
            messageLimit: limits.frameBytes, freeLength: Self.freeBytes, window: core.openWindow, isWide: isWide)
    }

    /// Counts bytes against the account. Returns the refusal when there is no room for them.
    private func count(_ bytes: Int) -> RPCError? {
        guard let account else { return RPCError(code: .cancelled, message: "the call has ended") }
        if let refusal = core.budget.reserve(bytes, account) { return refusal }
        counted += bytes
        return nil
    }

    /// A single message is counted together with what its wider window lets through after it; for a stream that was
    /// counted before.
    private func weight(_ length: Int) -> Int {
        kind.streamsRequests ? length : length + min(length, core.openWindow)
    }

    func streamNeedsRoom(for length: Int) -> RPCError? { count(weight(length)) }

    func streamDelivered(_ length: Int) {
        if length > Self.freeBytes { delivered += weight(length) }
    }

    /// The handler holds a single message until the call ends, and one of a stream until it asks for the next.
    func streamReads() {
        guard kind.streamsRequests, delivered > 0, let account else { return }
        core.budget.release(delivered, account)
        counted -= delivered
        delivered = 0
    }

    func streamEnded() {}

    func streamTick(now: ContinuousClock.Instant) {
        guard hasBegun, !isOver, !stream.remoteEnded else { return }
        let slow = RPCError(code: .deadlineExceeded, message: "the request took too long to arrive; try again")
        let sinceHeaders = now - stream.opened
        switch account {
        case .user?: break
        case .stranger?:
            if sinceHeaders >= core.limits.strangersRequestTimeout { abort(slow) }
            return
        case nil:
            // Not authorised yet: that takes the server's time, not the caller's.
            if sinceHeaders >= core.limits.requestTimeout { abort(slow) }
            return
        }
        switch kind {
        case .unary, .serverStreaming:
            if sinceHeaders >= core.limits.requestTimeout { abort(slow) }
        case .clientStreaming:
            if let since = stream.owedSince, now - since >= core.limits.messageTimeout { abort(slow) }
        case .bidirectional:
            if let since = stream.messageBegan, now - since >= core.limits.messageTimeout { abort(slow) }
        }
    }

    func streamClosed(errorCode: UInt32) {
        if state.reset() {
            core.ended(method, requestID, RPCError(code: .cancelled, message: "the client ended the call"))
        }
        stopTimers()
        stream.terminate(RPCError(code: .cancelled, message: "the call has ended"))
        task?.cancel()
        task = nil
        core.forget(number)
    }

    // MARK: Ending

    private func handlerEnded(_ error: (any Error)?) {
        task = nil
        switch error {
        case nil: finish(nil)
        case _? where lost != nil: finish(lost)
        case let error as RPCError: finish(error.code == .ok ? nil : error)
        case is CancellationError: finish(RPCError(code: .cancelled, message: "the call was cancelled"))
        case let error?:
            core.log(
                ServerEvent(
                    kind: .handlerFailed, message: "a handler failed", error: error, requestID: requestID,
                    method: method))
            finish(
                RPCError(
                    code: .internalError, message: "the server failed; tell its operator the request id \(requestID)"))
        }
    }

    /// The caller may no longer make this call. See `Server.end`.
    func lostAuthority(_ error: RPCError) {
        guard !isOver, lost == nil else { return }
        guard kind == .unary, stream.remoteEnded else { return abort(error) }
        lost = error
        task?.cancel()
        graceTimer = LoopTimer(loop, after: .milliseconds(500)) { [weak self] in self?.abort(error) }
    }

    private func stopTimers() {
        deadlineTimer?.cancel()
        deadlineTimer = nil
        graceTimer?.cancel()
        graceTimer = nil
    }

    /// Ends the call with a status while its handler is still at work.
    func abort(_ error: RPCError) {
        finish(error)
        task?.cancel()
        task = nil
    }

    private func finish(_ error: RPCError?) {
        let fields = ServerCallState.status(error, requestID: requestID)
        switch state.finish() {
        case .drop: return
        case .trailersOnly where error == nil:
            connection?.respond(stream, headers: ServerCallState.responseHeaders, ends: false)
            connection?.finish(stream, trailers: fields)
        case .trailersOnly:
            connection?.respond(stream, headers: ServerCallState.responseHeaders + fields, ends: true)
        case .trailers: connection?.finish(stream, trailers: fields)
        }
        stopTimers()
        stream.end(.failure(error ?? RPCError(code: .cancelled, message: "the call has ended")))
        stream.stopReading()
        // A call without a token that succeeds is a login: its caller is known from now on.
        if error == nil { connection?.recognize() }
        core.ended(method, requestID, error)
    }

    // MARK: For the handler's task

    func request<Request: WireMessage>() async throws -> Request? {
        guard let bytes = try await stream.nextMessage() else { return nil }
        return try MessageBridge.decode(bytes, limits)
    }

    func onlyRequest<Request: WireMessage>() async throws -> Request {
        guard let bytes = try await stream.nextMessage() else {
            throw RPCError(code: .invalidArgument, message: "the call has no request message")
        }
        let request: Request = try MessageBridge.decode(bytes, limits)
        guard try await stream.nextMessage() == nil else {
            throw RPCError(code: .invalidArgument, message: "the call has more than one request message")
        }
        return request
    }

    func write(_ reply: some WireMessage) async throws {
        try await stream.send(try MessageBridge.encode(reply)) { self.prepareMessage() }
    }

    /// Sends the response headers if they have not been sent; false when the call is over.
    private func prepareMessage() -> Bool {
        switch state.send() {
        case .drop: return false
        case .message: return true
        case .headersThenMessage:
            connection?.respond(
                stream, headers: ServerCallState.responseHeaders + [HeaderField("x-request-id", requestID)], ends: false
            )
            return true
        }
    }
}
