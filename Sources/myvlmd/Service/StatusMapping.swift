package import RPC
package import Registry
import Rules
package import Runtime
package import VLM

/// The one place where the errors of the modules below become gRPC statuses.
///
/// Messages for callers pass through, because each module promises that they contain neither secrets nor paths.
/// Messages for the operator do not: errors of the service and of checkpoints name files, so callers get a fixed text
/// for them, as for anything unknown, and the details go to the log only.
package enum StatusMapping {
    /// The status of an error.
    package static func status(of error: any Error) -> RPCError {
        switch error {
        case let error as RPCError: error
        case let error as RuleError: RPCError(code: .invalidArgument, message: error.message, cause: error)
        case let error as RegistryError: status(error)
        case let error as RuntimeError: status(error)
        case let error as VLMError: status(error)
        case let error as ServiceError: status(error)
        case is CancellationError: RPCError(code: .cancelled, message: "the call was cancelled", cause: error)
        default: RPCError(code: .internalError, message: failed, cause: error)
        }
    }

    private static func status(_ error: RuntimeError) -> RPCError {
        var trailers = Metadata()
        if let wait = error.retryAfterMs { trailers.add("retry-after-ms", String(wait)) }
        return RPCError(code: code(error.code), message: error.message, cause: error, trailers: trailers)
    }

    /// What a caller is told of a failure whose details are for the operator.
    package static let failed = "the server failed; try again, and give the request id to its operator if it stays"
    /// What a caller is told when the disk is full.
    package static let diskFull = "the server's disk is full: nothing was kept; tell its operator and try again later"

    /// The text of an error in the operator's log, with the files it is about.
    package static func problem(_ error: any Error) -> String? {
        switch error {
        case let error as ServiceError: error.message
        case let error as RegistryError: error.place.map { "\($0): \(error.message)" }
        case let error as VLMError: code(error.code) == .internalError ? error.message : nil
        case let error as RPCError: error.cause.flatMap { problem($0) }
        default: nil
        }
    }

    /// The last check of what goes out: a message that names one of these paths was not meant for callers.
    package static func status(_ status: RPCError, hiding places: [String]) -> RPCError {
        guard places.contains(where: { !$0.isEmpty && status.message.contains($0) }) else { return status }
        return RPCError(code: status.code, message: failed, cause: status, trailers: status.trailers)
    }

    private static func status(_ error: ServiceError) -> RPCError {
        guard error.code == .storageFull else { return RPCError(code: .internalError, message: failed, cause: error) }
        return RPCError(code: .resourceExhausted, message: diskFull, cause: error)
    }

    private static func status(_ error: VLMError) -> RPCError {
        let code = code(error.code)
        return RPCError(code: code, message: code == .internalError ? failed : error.message, cause: error)
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
        case .modelMismatch, .unsupported: .failedPrecondition
        case .overloaded: .resourceExhausted
        case .unavailable: .unavailable
        case .cancelled: .cancelled
        }
    }

    /// Codes of the model module: while a call runs, only the caller's picture or text can be wrong; checkpoints are
    /// read at start.
    package static func code(_ code: VLMError.Code) -> StatusCode {
        switch code {
        case .imageUnreadable, .imageTooLarge, .invalidArgument: .invalidArgument
        case .contextOverflow: .outOfRange
        case .checkpointUnreadable, .checkpointMalformed, .unsupported: .internalError
        }
    }
}
