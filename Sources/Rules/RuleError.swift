/// Something that was written or chosen and is not what it may be.
///
/// Each room tells it as an invalid argument in errors of its own, with this message: so the command line, the client
/// library, the service and the registry say the same of the same text.
public struct RuleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and what to do next, for a person.
    public let message: String

    /// A broken rule.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }

    /// Runs `body`; a rule it breaks is thrown as `translate` puts it.
    @inlinable
    public static func told<Result, Failure: Error>(
        as translate: (RuleError) -> Failure, _ body: () throws(RuleError) -> Result
    ) throws(Failure) -> Result {
        do {
            return try body()
        } catch {
            throw translate(error)
        }
    }
}
