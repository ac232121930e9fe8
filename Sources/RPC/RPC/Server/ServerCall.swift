internal import RPCTransport

/// One call on the server: its state, its deadline and the task of its handler.
///
/// `@unchecked Sendable`: every property that changes is touched on the loop's thread only.
final class ServerCall: HTTP2StreamDelegate, @unchecked Sendable {
    let requestID: String
    private let stream: HTTP2Stream
    private weak var connection: HTTP2Connection?
    private let peer: Peer
    private let core: ServerCore
    private var state = ServerCallState()
    private var hasBegun = false
    private var task: Task<Void, Never>?
    private var deadlineTimer: LoopTimer?
    private var method: MethodName?
    /// Written before the handler's task starts, only read after.
    private var limits = MessageLimits(frameBytes: 0, unpackedBytes: 0)

    init(stream: HTTP2Stream, connection: HTTP2Connection, peer: Peer, core: ServerCore, requestID: String) {
        self.stream = stream
        self.connection = connection
        self.peer = peer
        self.core = core
        self.requestID = requestID
    }

    // MARK: From the stream

    func streamReceived(headers: [HeaderField], ends: Bool) {
        // A second block is the request's trailers, which gRPC does not have.
        guard !hasBegun else { return }
        hasBegun = true
        guard !stream.hasOversizedHeaders else {
            finish(RPCError(code: .resourceExhausted, message: "the request's headers are too large"))
            return
        }
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
        let frameBytes = route.options.maximumRequestBytes ?? core.maximumRequestBytes
        limits = MessageLimits(
            frameBytes: frameBytes, unpackedBytes: route.options.unpackedBytes ?? (64 << 10) + 2 * frameBytes)
        let deadline = head.timeout.map { ContinuousClock.now + $0 }
        if let timeout = head.timeout {
            deadlineTimer = LoopTimer(core.loop, after: timeout) { [weak self] in
                self?.abort(RPCError(code: .deadlineExceeded, message: "the deadline passed"))
            }
        }
        core.callBegan()
        let loopExecutor: (any TaskExecutor)? = route.options.executor == .loop ? core.loop : nil
        task = Task {
            var failure: (any Error)?
            do {
                let principal = try await core.authenticator(head.method, head.metadata, peer)
                let context = CallContext(
                    method: head.method, metadata: head.metadata, peer: peer, deadline: deadline, requestID: requestID,
                    principal: principal)
                core.loop.submit { self.openGate() }
                try await withTaskExecutorPreference(loopExecutor) { try await route.run(self, context) }
            } catch {
                failure = error
            }
            let ended = failure
            core.loop.submit {
                self.handlerEnded(ended)
                self.core.callEnded()
            }
        }
    }

    private func openGate() { stream.open(messageLimit: limits.frameBytes, window: core.openWindow) }

    func streamEnded() {}

    func streamStalled() {
        abort(RPCError(code: .deadlineExceeded, message: "a message took too long to arrive"))
    }

    func streamClosed(errorCode: UInt32) {
        if state.reset() {
            core.ended(method, requestID, RPCError(code: .cancelled, message: "the client ended the call"))
        }
        deadlineTimer?.cancel()
        deadlineTimer = nil
        stream.terminate(RPCError(code: .cancelled, message: "the call has ended"))
        task?.cancel()
        task = nil
        core.forget(self)
    }

    // MARK: Ending

    private func handlerEnded(_ error: (any Error)?) {
        task = nil
        switch error {
        case nil: finish(nil)
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
        deadlineTimer?.cancel()
        deadlineTimer = nil
        stream.end(.failure(error ?? RPCError(code: .cancelled, message: "the call has ended")))
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

    /// Sends the response headers where they are due; false when the call is over.
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
