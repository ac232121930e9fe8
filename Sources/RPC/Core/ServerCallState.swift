/// What a request's header block asks for.
public struct RequestHead: Sendable, Equatable {
    /// The method.
    public let method: MethodName
    /// The custom metadata.
    public let metadata: Metadata
    /// How long the caller is willing to wait.
    public let timeout: Duration?
}

/// One call as the server sees it: which blocks may still be sent. Pure; every input says what to do.
public struct ServerCallState: Sendable {
    private enum State { case open, responding, closed }
    private var state = State.open

    /// Whether the call has its status, or its stream is gone.
    public var isOver: Bool { state == .closed }

    /// A call whose request headers were just read.
    public init() {}

    /// What to do with a request's headers.
    public enum Opening: Sendable {
        /// A gRPC call.
        case call(RequestHead)
        /// A gRPC call that cannot be served.
        case refuse(RPCError)
        /// Not gRPC: answer with this HTTP status.
        case notGRPC(httpStatus: Int)
    }

    /// Reads a request's header block (gRPC over HTTP/2, "Requests").
    public static func open(_ fields: [HeaderField]) -> Opening {
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        guard value(":method") == "POST" else { return .notGRPC(httpStatus: 405) }
        guard let type = value("content-type"), isGRPC(type) else { return .notGRPC(httpStatus: 415) }
        guard let path = value(":path"), let method = MethodName(path: path) else {
            return .refuse(RPCError(code: .unimplemented, message: "the path is not /package.Service/Method"))
        }
        var timeout: Duration?
        if let text = value("grpc-timeout") {
            guard let parsed = Timeout.parse(text) else {
                return .refuse(RPCError(code: .invalidArgument, message: "the header grpc-timeout is malformed"))
            }
            timeout = parsed
        }
        if let encoding = value("grpc-encoding"), encoding != "identity" {
            return .refuse(
                RPCError(code: .unimplemented, message: "messages must not be compressed (grpc-encoding: identity)"))
        }
        return .call(RequestHead(method: method, metadata: Metadata(headers: fields), timeout: timeout))
    }

    private static func isGRPC(_ type: String) -> Bool {
        guard type.hasPrefix("application/grpc") else { return false }
        guard let next = type.dropFirst("application/grpc".count).first else { return true }
        return next == ";" || type.dropFirst("application/grpc".count).hasPrefix("+proto")
    }

    /// How to send a message.
    public enum Sending: Sendable, Equatable {
        /// The response headers first.
        case headersThenMessage
        /// The message alone.
        case message
        /// Nothing: the call is over.
        case drop
    }

    /// The handler writes a message.
    public mutating func send() -> Sending {
        switch state {
        case .open:
            state = .responding
            return .headersThenMessage
        case .responding: return .message
        case .closed: return .drop
        }
    }

    /// How to send the status.
    public enum Finishing: Sendable, Equatable {
        /// One block with headers and status.
        case trailersOnly
        /// A block after the messages.
        case trailers
        /// Nothing: the call is over.
        case drop
    }

    /// The call ends with a status.
    public mutating func finish() -> Finishing {
        defer { state = .closed }
        switch state {
        case .open: return .trailersOnly
        case .responding: return .trailers
        case .closed: return .drop
        }
    }

    /// The stream is gone. Returns whether the handler was still running and must be cancelled.
    public mutating func reset() -> Bool {
        defer { state = .closed }
        return state != .closed
    }

    /// The response headers of a call.
    public static let responseHeaders = [
        HeaderField(":status", "200"), HeaderField("content-type", "application/grpc"),
        HeaderField("grpc-accept-encoding", "identity"),
    ]

    /// The most bytes of a message, as it is sent, and of all trailers of an error: clients accept at least 8 KiB of
    /// headers, and an error's message may quote what its caller wrote.
    public static let messageBytes = 4096
    /// See `messageBytes`.
    public static let trailerBytes = 2048

    /// The fields that say a status, within `messageBytes` and `trailerBytes`; a trailer that does not fit is left
    /// out whole.
    public static func status(_ error: RPCError?, requestID: String) -> [HeaderField] {
        var fields = [HeaderField("grpc-status", String(error?.code.rawValue ?? 0))]
        if let error {
            if !error.message.isEmpty {
                fields.append(
                    HeaderField("grpc-message", PercentEncoding.encode(error.message, limit: messageBytes)))
            }
            var left = trailerBytes
            for field in error.trailers.headers where field.name != "x-request-id" && field.listBytes <= left {
                left -= field.listBytes
                fields.append(field)
            }
        }
        fields.append(HeaderField("x-request-id", requestID))
        return fields
    }
}
