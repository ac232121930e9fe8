/// The one error of a call, on both sides: what a handler throws becomes the call's status, and what the client
/// throws is the status it received or the reason why there is none.
public struct RPCError: Error, Sendable, CustomStringConvertible {
    /// The status code.
    public var code: StatusCode
    /// What happened and what to do. Travels to the peer: no secrets.
    public var message: String
    /// What led to it; never leaves the process.
    public var cause: (any Error)?
    /// Metadata that travels with the status (`retry-after-ms`).
    public var trailers: Metadata

    /// An error.
    public init(code: StatusCode, message: String, cause: (any Error)? = nil, trailers: Metadata = [:]) {
        self.code = code
        self.message = message
        self.cause = cause
        self.trailers = trailers
    }

    /// The id the server gave the call, where it answered at all.
    public var requestID: String? { trailers["x-request-id"] }

    /// Code and message.
    public var description: String { "\(code): \(message)" }
}
