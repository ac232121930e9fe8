/// Why a picture could not be read or written.
public struct ImageError: Error, Sendable {
    /// Stable kinds of failure.
    public enum Code: String, Sendable {
        /// The bytes are no picture of a supported format, or a damaged one.
        case unreadable
        /// The picture is larger than the limits allow.
        case tooLarge
        /// The result could not be encoded.
        case cannotEncode
    }

    /// What kind.
    public let code: Code
    /// What happened and what to do next, for a person.
    public let message: String

    /// An error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
