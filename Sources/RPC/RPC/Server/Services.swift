/// The handlers of a server, one per method. Registering a method again replaces its handler. Without options a method
/// is served as its rules in `proto/` say.
public struct Services: Sendable {
    /// How a method's calls use their streams.
    enum Kind: Sendable {
        case unary, clientStreaming, serverStreaming, bidirectional

        /// Whether requests come one after the other, and not as one message.
        var streamsRequests: Bool { self == .clientStreaming || self == .bidirectional }
    }

    struct Route: Sendable {
        let kind: Kind
        let options: MethodOptions
        let run: @Sendable (ServerCall, CallContext) async throws -> Void
    }

    private(set) var routes: [MethodName: Route] = [:]

    /// No handlers.
    public init() {}

    /// Registers a method with one request and one reply.
    public mutating func register<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, options: MethodOptions? = nil,
        _ handler: @escaping @Sendable (Request, CallContext) async throws -> Reply
    ) {
        routes[method.name] = Route(kind: .unary, options: options ?? MethodOptions(method.rules)) { call, context in
            let request: Request = try await call.onlyRequest()
            try await call.write(try await handler(request, context))
        }
    }

    /// Registers a method with one request and a stream of replies.
    public mutating func register<Request, Reply>(
        _ method: ServerStreamingMethod<Request, Reply>, options: MethodOptions? = nil,
        _ handler: @escaping @Sendable (Request, ResponseWriter<Reply>, CallContext) async throws -> Void
    ) {
        routes[method.name] = Route(kind: .serverStreaming, options: options ?? MethodOptions(method.rules)) {
            call, context in
            try await handler(try await call.onlyRequest(), ResponseWriter(call: call), context)
        }
    }

    /// Registers a method with a stream of requests and one reply.
    public mutating func register<Request, Reply>(
        _ method: ClientStreamingMethod<Request, Reply>, options: MethodOptions? = nil,
        _ handler: @escaping @Sendable (RequestStream<Request>, CallContext) async throws -> Reply
    ) {
        routes[method.name] = Route(kind: .clientStreaming, options: options ?? MethodOptions(method.rules)) {
            call, context in
            try await call.write(try await handler(RequestStream(call: call), context))
        }
    }

    /// Registers a method with a stream both ways.
    public mutating func register<Request, Reply>(
        _ method: BidirectionalMethod<Request, Reply>, options: MethodOptions? = nil,
        _ handler: @escaping @Sendable (RequestStream<Request>, ResponseWriter<Reply>, CallContext) async throws -> Void
    ) {
        routes[method.name] = Route(kind: .bidirectional, options: options ?? MethodOptions(method.rules)) {
            call, context in
            try await handler(RequestStream(call: call), ResponseWriter(call: call), context)
        }
    }
}

/// Writes the replies of one call.
public struct ResponseWriter<Reply: WireMessage>: Sendable {
    let call: ServerCall

    /// Sends a reply; suspends while the client does not keep up. Throws `RPCError` when the call is over.
    public func write(_ reply: Reply) async throws { try await call.write(reply) }
}

/// The requests of one call, in order. One task at a time may read them.
public struct RequestStream<Request: WireMessage>: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let call: ServerCall

    /// The next request; nil at the end. Throws `RPCError` when the call is over or a request cannot be read.
    public func next() async throws -> Request? { try await call.request() }

    /// The sequence is its own iterator.
    public func makeAsyncIterator() -> RequestStream { self }
}
