package import RPCTransport

/// A connection to a server, opened when the first call needs it and opened again after it broke. Thread-safe.
///
/// Calls throw `RPCError` only: the status the server gave, or UNAVAILABLE with what to check (nothing listens, the
/// certificate is not trusted or not for this name, not TLS), DEADLINE_EXCEEDED, CANCELLED. A call whose connection
/// breaks is not repeated: only the caller knows whether it may be.
public final class Channel: Sendable {
    private let core: ChannelCore

    /// A channel that is not connected yet. Throws `RPCError` naming a file that cannot be used.
    public init(endpoint: Endpoint, options: ChannelOptions) throws {
        core = try ChannelCore(endpoint: endpoint, options: options)
    }

    /// A channel over pipes that `dial` makes; `time`, where given, replaces the clock. For tests.
    package init(
        endpoint: Endpoint = Endpoint(host: "pipe", port: 1), options: ChannelOptions = ChannelOptions(),
        time: ManualTime? = nil, dial: @escaping Dial
    ) throws {
        core = try ChannelCore(endpoint: endpoint, options: options, dial: dial, time: time)
    }

    deinit {
        let core = core
        core.loop.submit { core.close() }
    }

    /// Calls a method with one request and one reply.
    public func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request, options: CallOptions = CallOptions()
    ) async throws -> Reply {
        try await begin(method.name, options) { call in
            try await Self.send(request, call)
            return try await call.onlyReply()
        }
    }

    /// Calls a method with a stream of replies. Returns at once; the stream throws what goes wrong.
    public func call<Request, Reply>(
        _ method: ServerStreamingMethod<Request, Reply>, _ request: Request, options: CallOptions = CallOptions()
    ) async throws -> ReplyStream<Reply> {
        try await begin(method.name, options) { call in
            try await Self.send(request, call)
            return ReplyStream(call)
        }
    }

    /// Calls a method with a stream of requests, which `body` writes. If the server answers before `body` is done, that
    /// answer is the result.
    public func call<Request, Reply>(
        _ method: ClientStreamingMethod<Request, Reply>, options: CallOptions = CallOptions(),
        _ body: (RequestWriter<Request>) async throws -> Void
    ) async throws -> Reply {
        try await begin(method.name, options) { call in
            do {
                try await body(RequestWriter(call))
            } catch {
                guard error is RPCError, await call.hasStatus else { throw error }
            }
            call.finishWriting()
            return try await call.onlyReply()
        }
    }

    /// Calls a method with a stream both ways. When `body` returns, the call is cancelled if it has not ended.
    public func call<Request, Reply, Output>(
        _ method: BidirectionalMethod<Request, Reply>, options: CallOptions = CallOptions(),
        _ body: (RequestWriter<Request>, ReplyStream<Reply>) async throws -> Output
    ) async throws -> Output {
        try await begin(method.name, options) { call in
            defer { call.cancel() }
            return try await body(RequestWriter(call), ReplyStream(call))
        }
    }

    /// Ends every call and closes the connection.
    public func close() async {
        let core = core
        await withCheckedContinuation { continuation in
            core.loop.submit {
                core.close()
                continuation.resume()
            }
        }
    }

    private func begin<Output>(
        _ method: MethodName, _ options: CallOptions, _ body: (ClientCall) async throws -> Output
    ) async throws -> Output {
        let call = ClientCall.start(method, core: core, options: options)
        do {
            return try await withTaskCancellationHandler {
                try await body(call)
            } onCancel: {
                call.cancel()
            }
        } catch {
            call.cancel()
            throw error
        }
    }

    /// A server may answer before it has the whole request; then the answer is what the caller gets, not the write's
    /// failure.
    private static func send(_ request: some WireMessage, _ call: ClientCall) async throws {
        do {
            try await call.write(request)
        } catch {
            guard await call.hasStatus else { throw error }
        }
        call.finishWriting()
    }
}
