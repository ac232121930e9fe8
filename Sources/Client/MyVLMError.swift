/// Why a call failed, and what to do next.
public struct MyVLMError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons; they follow the status codes of gRPC, with those of the client's own side added.
    public enum Code: String, Sendable, CaseIterable {
        /// An argument or option is not allowed.
        case usage
        /// A local file that is missing or cannot be read.
        case noInput
        /// A local file that cannot be written.
        case cannotCreate
        /// Writing failed half-way: a full disk, or an output that accepts nothing more.
        case outputFailed
        /// Settings that are missing or do not parse.
        case configuration
        /// The server refuses the input: not a picture, a bad name, no face.
        case invalidArgument
        /// No such user, concept or version that the caller may see.
        case notFound
        /// The name is taken.
        case alreadyExists
        /// The token or password is wrong, expired or missing.
        case unauthenticated
        /// The caller is known, but not allowed to do this.
        case permissionDenied
        /// The state does not allow it, such as a rollback with nothing before.
        case failedPrecondition
        /// The events asked for are gone: list the concepts and watch from there.
        case compacted
        /// A quota, a full queue or a full disk.
        case resourceExhausted
        /// The call took longer than it may.
        case deadlineExceeded
        /// The server cannot be reached or is stopping.
        case unavailable
        /// The caller cancelled.
        case cancelled
        /// The server has lost or damaged data.
        case dataLoss
        /// The server failed, or does not know the call.
        case internalError
    }

    /// Why.
    public let code: Code
    /// What happened and what to do next, for a person; never a secret.
    public let message: String
    /// The server's id of the call, for its operator.
    public let requestID: String?
    /// When trying again makes sense.
    public let retryAfter: Duration?
    /// The error below, if any.
    public let cause: (any Error)?

    /// An error of the client.
    public init(
        _ code: Code, _ message: String, requestID: String? = nil, retryAfter: Duration? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// Code and message, without the cause.
    public var description: String { "\(code.rawValue): \(message)" }

    /// The exit code of `sysexits.h` a command ends with (130 for a cancelled call, as shells do).
    public var exitCode: Int32 {
        switch code {
        case .usage: 64
        case .invalidArgument, .failedPrecondition, .compacted: 65
        case .noInput, .notFound: 66
        case .unavailable: 69
        case .internalError, .dataLoss: 70
        case .cannotCreate, .alreadyExists: 73
        case .outputFailed: 74
        case .resourceExhausted, .deadlineExceeded: 75
        case .unauthenticated, .permissionDenied: 77
        case .configuration: 78
        case .cancelled: 130
        }
    }
}
