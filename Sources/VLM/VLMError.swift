/// What went wrong in the model room, and what to do next.
public struct VLMError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons a caller may branch on.
    public enum Code: String, Sendable {
        /// A file is missing, unreadable or fails its digest.
        case checkpointUnreadable
        /// A file is readable but not what the format allows.
        case checkpointMalformed
        /// A well-formed checkpoint of an architecture or type this engine does not run.
        case unsupported
        /// The bytes are no picture of a supported format, or a damaged one.
        case imageUnreadable
        /// The picture is larger than the limits allow.
        case imageTooLarge
        /// A prompt, shape or option outside its documented range.
        case invalidArgument
        /// The sequence does not fit the model's context.
        case contextOverflow
    }

    /// Why.
    public let code: Code
    /// What happened and what to do next, for a person.
    public let message: String
    /// The error below, if any.
    public let cause: (any Error)?

    /// An error of the model room.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Code and message, without the cause.
    public var description: String { "\(code.rawValue): \(message)" }
}
