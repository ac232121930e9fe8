/// Why a message could not be written or read.
public struct MessageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Equatable {
        /// The bytes are not a message of this type, or unpacking them needs more memory than is allowed.
        case malformed
        /// The frame is longer than its limit.
        case tooLarge
        /// A text field is not UTF-8 or holds a NUL.
        case invalidText
    }

    /// What went wrong.
    public let code: Code
    /// What happened, naming the message or field, never its content.
    public let message: String

    /// An error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
