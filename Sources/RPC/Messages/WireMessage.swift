/// A message of the API: a value with an exact form on the wire (protocol buffers, version 3).
public protocol WireMessage: Sendable, Equatable {
    /// The full name in the proto file: `myvlm.v1.User`.
    static var fullName: String { get }

    /// The message on the wire. Throws `MessageError`.
    func encode() throws -> [UInt8]

    /// Reads a message within `limits`. Throws `MessageError`; nothing is kept of a message that fails.
    init(decoding bytes: [UInt8], limits: MessageLimits) throws
}
