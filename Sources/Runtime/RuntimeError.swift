import Rules

/// What went wrong in the runtime, and what to do next.
public struct RuntimeError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons a caller may branch on.
    public enum Code: String, Sendable {
        /// Bad photos, names, captions or options; the message says which and why.
        case invalidArgument
        /// No face, or more than one, where exactly one is needed.
        case faceCount
        /// An artifact that is damaged or not of the documented form.
        case artifactMalformed
        /// An artifact made for another model.
        case modelMismatch
        /// The queue is full.
        case overloaded
        /// A part this work needs is not installed.
        case unavailable
        /// The model cannot do this, whenever it is asked.
        case unsupported
        /// The caller cancelled, or its deadline passed.
        case cancelled
    }

    /// Why.
    public let code: Code
    /// What happened and what to do next, for a person; never a secret.
    public let message: String
    /// The error below, if any.
    public let cause: (any Error)?
    /// When to come again, in milliseconds, where that is known.
    public let retryAfterMs: Int64?

    /// An error of the runtime.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil, retryAfterMs: Int64? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.retryAfterMs = retryAfterMs
    }

    /// Code and message, without the cause.
    public var description: String { "\(code.rawValue): \(message)" }
}

extension RuntimeError {
    /// A rule that something breaks which was given to the runtime.
    init(_ rule: RuleError) { self.init(.invalidArgument, rule.message) }
}
