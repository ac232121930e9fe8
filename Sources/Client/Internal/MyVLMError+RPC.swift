import LocalFiles
import RPC
import Rules

extension MyVLMError {
    /// The one place where statuses of calls become errors of the client.
    static func of(_ error: any Error) -> MyVLMError {
        switch error {
        case let error as MyVLMError: error
        case let error as LocalFileError: MyVLMError(file: error)
        case let error as RuleError: MyVLMError(error)
        case is CancellationError: MyVLMError(.cancelled, "cancelled", cause: error)
        case let error as RPCError where error.code == .outOfRange && error.message.hasPrefix("COMPACTED"):
            MyVLMError(.compacted, error.message, requestID: error.requestID, cause: error)
        case let error as RPCError:
            MyVLMError(
                code(error.code), error.message, requestID: error.requestID,
                retryAfter: error.trailers["retry-after-ms"].flatMap { Int64($0) }.map { .milliseconds($0) },
                cause: error)
        default: MyVLMError(.internalError, "unexpected: \(error)", cause: error)
        }
    }

    private static func code(_ code: StatusCode) -> Code {
        switch code {
        case .cancelled: .cancelled
        case .invalidArgument, .outOfRange: .invalidArgument
        case .deadlineExceeded: .deadlineExceeded
        case .notFound: .notFound
        case .alreadyExists: .alreadyExists
        case .permissionDenied: .permissionDenied
        case .resourceExhausted: .resourceExhausted
        case .failedPrecondition, .aborted: .failedPrecondition
        case .unavailable: .unavailable
        case .dataLoss: .dataLoss
        case .unauthenticated: .unauthenticated
        case .ok, .unknown, .unimplemented, .internalError: .internalError
        }
    }
}
