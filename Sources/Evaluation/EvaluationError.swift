import LocalFiles

/// Why an evaluation could not be made.
public struct EvaluationError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons a caller may branch on.
    public enum Code: String, Sendable {
        /// An option or a file of the data folder that cannot be used.
        case badInput
        /// A file or folder that is not there.
        case missing
        /// A part of the model or of the measures that cannot be used.
        case unavailable
        /// A report that cannot be written.
        case unwritable
        /// A report whose writing broke off: a full disk.
        case full
    }

    /// Why.
    public let code: Code
    /// What happened and what to do next.
    public let message: String
    /// The error below, if any.
    public let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Runs something that reads or writes a file of this machine.
    static func reading<Result>(
        _ body: () throws(LocalFileError) -> Result
    ) throws(EvaluationError) -> Result {
        do {
            return try body()
        } catch {
            let code: Code =
                switch error.code {
                case .missing, .unreadable, .openToOthers, .notGiven, .cancelled: .missing
                case .tooLarge, .malformed: .badInput
                case .exists, .notWritable: .unwritable
                case .writeFailed: .full
                }
            throw EvaluationError(code, error.message, cause: error)
        }
    }

    /// The message.
    public var description: String { message }
}
