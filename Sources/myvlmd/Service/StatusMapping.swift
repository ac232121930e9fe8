package import RPC
package import Registry
package import Runtime
package import VLM

/// The one place where the errors of the rooms below become gRPC statuses.
///
/// Messages pass through, because each room promises them free of secrets; anything unknown is `internalError` with a
/// fixed text, and its details go to the log only.
package enum StatusMapping {
    /// The status of an error.
    package static func status(of error: any Error) -> RPCError {
        switch error {
        case let error as RPCError: error
        case let error as RegistryError: status(error)
        case let error as RuntimeError: status(error)
        case let error as VLMError: RPCError(code: code(error.code), message: error.message, cause: error)
        case let error as ServiceError: RPCError(code: .internalError, message: error.message, cause: error)
        case is CancellationError: RPCError(code: .cancelled, message: "the call was cancelled", cause: error)
        default:
            RPCError(
                code: .internalError,
                message: "the server failed; try again, and give the request id to its operator if it stays",
                cause: error)
        }
    }

    private static func status(_ error: RuntimeError) -> RPCError {
        var trailers = Metadata()
        if let wait = error.retryAfterMs { trailers.add("retry-after-ms", String(wait)) }
        return RPCError(code: code(error.code), message: error.message, cause: error, trailers: trailers)
    }

    private static func status(_ error: RegistryError) -> RPCError {
        var trailers = Metadata()
        if let wait = error.retryAfterMs { trailers.add("retry-after-ms", String(wait)) }
        return RPCError(code: code(error.code), message: error.message, cause: error, trailers: trailers)
    }

    /// Codes of the registry.
    package static func code(_ code: RegistryError.Code) -> StatusCode {
        switch code {
        case .invalidArgument: .invalidArgument
        case .notFound: .notFound
        case .alreadyExists: .alreadyExists
        case .unauthenticated: .unauthenticated
        case .permissionDenied: .permissionDenied
        case .failedPrecondition: .failedPrecondition
        case .resourceExhausted, .storageFull: .resourceExhausted
        case .compacted: .outOfRange
        case .dataLoss: .dataLoss
        case .schemaTooNew, .internalError: .internalError
        }
    }

    /// Codes of the runtime.
    package static func code(_ code: RuntimeError.Code) -> StatusCode {
        switch code {
        case .invalidArgument, .faceCount: .invalidArgument
        case .artifactMalformed: .dataLoss
        case .modelMismatch: .failedPrecondition
        case .overloaded: .resourceExhausted
        case .unavailable: .unavailable
        case .cancelled: .cancelled
        }
    }

    /// Codes of the model room: while a call runs only a caller's picture or text can be wrong; a checkpoint is read
    /// at start.
    package static func code(_ code: VLMError.Code) -> StatusCode {
        switch code {
        case .imageUnreadable, .imageTooLarge, .invalidArgument: .invalidArgument
        case .contextOverflow: .outOfRange
        case .checkpointUnreadable, .checkpointMalformed, .unsupported: .internalError
        }
    }
}
