/// What keeps a server from being set up or started, and what to do next.
public struct ServiceError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons; each has one exit code of `sysexits.h`.
    public enum Code: String, Sendable {
        /// An option or value that is not allowed: exit 64.
        case usage
        /// Input that is not what its format says, a corrupt model among them: exit 65.
        case badData
        /// A file that must exist is missing: exit 66.
        case missingFile
        /// The address cannot be listened on: exit 69.
        case unavailable
        /// A file that cannot be created, or exists already: exit 73.
        case cannotCreate
        /// The disk is full: exit 73.
        case storageFull
        /// A home that is not one, or a configuration that does not parse: exit 78.
        case configuration
        /// Any other failure: exit 70.
        case internalError
    }

    /// Why.
    public let code: Code
    /// What happened and what to do next, for the operator; never a secret. It may name files of the server, so it is
    /// for the console and the log, never for a client.
    public let message: String
    /// The error below, if any.
    public let cause: (any Error)?

    /// An error of the service.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Code and message, without the cause.
    public var description: String { "\(code.rawValue): \(message)" }

    /// The exit code of `sysexits.h` a command ends with.
    public var exitCode: Int32 {
        switch code {
        case .usage: 64
        case .badData: 65
        case .missingFile: 66
        case .unavailable: 69
        case .internalError: 70
        case .cannotCreate, .storageFull: 73
        case .configuration: 78
        }
    }
}
