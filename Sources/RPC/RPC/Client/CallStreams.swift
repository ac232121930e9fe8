/// Writes the requests of one call.
public struct RequestWriter<Request: WireMessage>: Sendable {
    private let call: ClientCall

    init(_ call: ClientCall) { self.call = call }

    /// Sends a request; suspends while the server does not keep up. Throws `RPCError` when the call is over.
    public func write(_ request: Request) async throws { try await call.write(request) }

    /// Says that no request follows. A client-streaming call says it by itself when its body returns.
    public func finish() { call.finishWriting() }
}

/// The replies of one call, in order. Throws the call's `RPCError` after the replies before it. One task at a time may
/// read them. Releasing the sequence cancels the call.
public struct ReplyStream<Reply: WireMessage>: AsyncSequence, AsyncIteratorProtocol, Sendable {
    private let owner: CallOwner

    init(_ call: ClientCall) { owner = CallOwner(call) }

    /// The next reply; nil when the call ended well. Throws `RPCError`. A cancelled task cancels the call.
    public func next() async throws -> Reply? {
        let call = owner.call
        return try await withTaskCancellationHandler {
            try await call.reply()
        } onCancel: {
            call.cancel()
        }
    }

    /// The sequence is its own iterator.
    public func makeAsyncIterator() -> ReplyStream { self }

    /// Ends the call.
    public func cancel() { owner.call.cancel() }
}

/// Cancels its call when the last reference is gone.
private final class CallOwner: Sendable {
    let call: ClientCall

    init(_ call: ClientCall) { self.call = call }

    deinit { call.cancel() }
}
