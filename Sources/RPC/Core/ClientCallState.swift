/// One call as the client sees it: what a header block from the server means. Pure.
public struct ClientCallState: Sendable {
    private enum State { case waiting, receiving, finished }
    private var state = State.waiting

    /// A call whose request was just sent.
    public init() {}

    /// What a header block meant.
    public enum Reading: Sendable {
        /// An informational response (1xx), or a block after the end: ignored.
        case ignore
        /// The initial metadata.
        case initial(Metadata)
        /// The call succeeded; the trailing metadata.
        case succeeded(Metadata)
        /// The call failed.
        case failed(RPCError)
    }

    /// Reads a header block; `ends` says whether the stream ends with it.
    public mutating func receive(_ fields: [HeaderField], ends: Bool) -> Reading {
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        guard state != .finished else { return .ignore }
        if state == .waiting {
            guard let status = value(":status").flatMap(Int.init) else {
                return finish(RPCError(code: .internalError, message: "the response has no HTTP status"))
            }
            if (100..<200).contains(status), !ends { return .ignore }
            guard status == 200 || value("grpc-status") != nil else { return finish(Self.error(httpStatus: status)) }
            if !ends {
                guard value("content-type")?.hasPrefix("application/grpc") == true else {
                    return finish(
                        RPCError(code: .unknown, message: "the response is not gRPC: is this the right port?"))
                }
                state = .receiving
                return .initial(Metadata(headers: fields))
            }
        } else if !ends {
            return finish(RPCError(code: .internalError, message: "a header block in the middle of the response"))
        }
        guard let number = value("grpc-status").flatMap(Int.init) else {
            return finish(RPCError(code: .unknown, message: "the response ended without a status"))
        }
        state = .finished
        let metadata = Metadata(headers: fields)
        guard number != 0 else { return .succeeded(metadata) }
        return .failed(
            RPCError(
                code: StatusCode(rawValue: number) ?? .unknown,
                message: PercentEncoding.decode(value("grpc-message") ?? ""), trailers: metadata))
    }

    /// The stream ended with data and no trailers, or was reset with an HTTP/2 error code. nil once the call had
    /// its status.
    public mutating func close(errorCode: UInt32) -> RPCError? {
        guard state != .finished else { return nil }
        state = .finished
        return Self.error(resetCode: errorCode)
    }

    private mutating func finish(_ error: RPCError) -> Reading {
        state = .finished
        return .failed(error)
    }

    /// gRPC's table "HTTP to gRPC status code mapping".
    private static func error(httpStatus: Int) -> RPCError {
        let code: StatusCode =
            switch httpStatus {
            case 400: .internalError
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .unimplemented
            case 429, 502, 503, 504: .unavailable
            default: .unknown
            }
        return RPCError(code: code, message: "the server answered with HTTP status \(httpStatus) instead of gRPC")
    }

    /// gRPC over HTTP/2, "Errors": the meaning of RST_STREAM's codes.
    private static func error(resetCode: UInt32) -> RPCError {
        switch resetCode {
        case 0x7: RPCError(code: .unavailable, message: "the server refused the call before it began; try again")
        case 0x8: RPCError(code: .cancelled, message: "the server cancelled the call")
        case 0xB: RPCError(code: .resourceExhausted, message: "the server asks for fewer calls")
        case 0xC: RPCError(code: .permissionDenied, message: "the server asks for better transport security")
        case 0x0: RPCError(code: .unknown, message: "the response ended without a status")
        default: RPCError(code: .internalError, message: "the call's stream was reset (HTTP/2 code \(resetCode))")
        }
    }
}
