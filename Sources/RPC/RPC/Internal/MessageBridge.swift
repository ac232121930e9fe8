/// Encodes and decodes messages, with the errors that a peer may see.
enum MessageBridge {
    static func decode<Message: WireMessage>(_ bytes: [UInt8], _ limits: MessageLimits) throws -> Message {
        do {
            return try Message(decoding: bytes, limits: limits)
        } catch let error as MessageError {
            throw RPCError(
                code: error.code == .tooLarge ? .resourceExhausted : .invalidArgument, message: error.message,
                cause: error)
        }
    }

    static func encode(_ message: some WireMessage) throws -> [UInt8] {
        do {
            return Framer.frame(try message.encode())
        } catch let error as MessageError {
            throw RPCError(code: .invalidArgument, message: error.message, cause: error)
        }
    }
}
