/// A message of the API: a value with an exact form on the wire (protocol buffers, version 3) and
/// in JSON.
public protocol WireMessage: Sendable, Equatable {
    /// The full name in the proto file: `myvlm.v1.User`.
    static var fullName: String { get }

    /// The message on the wire. Throws `MessageError`.
    func encode() throws -> [UInt8]

    /// Reads a message within `limits`. Throws `MessageError`; nothing is kept of a message that fails.
    init(decoding bytes: [UInt8], limits: MessageLimits) throws

    /// The message as proto3's canonical JSON, without a space. Throws `MessageError`.
    func json() throws -> [UInt8]

    /// Reads proto3's canonical JSON within `limits`, which count the text and what is made of it. Throws `MessageError`, which
    /// names the field and never what stands in it.
    init(json: [UInt8], limits: MessageLimits, unknownFields: UnknownFields) throws
}
