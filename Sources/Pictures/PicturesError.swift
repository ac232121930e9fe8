/// Why no picture could be drawn.
public struct PicturesError: Error, Sendable {
    /// Stable kinds of failure.
    public enum Code: String, Sendable {
        /// The bytes are no whole JPEG, PNG or WebP of a size that is drawn on.
        case unreadable
        /// The result could not be encoded.
        case cannotEncode
    }

    /// What kind.
    public let code: Code
    /// What happened and what to do next.
    public let message: String
    /// What it came from.
    public let cause: (any Error)?

    /// An error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
