/// Writes the prefix of a gRPC message: a flag byte (0: not compressed) and the length in four bytes, big end first.
public enum Framer {
    /// Bytes of the prefix.
    public static let prefixBytes = 5

    /// A message with its prefix.
    public static func frame(_ message: [UInt8]) -> [UInt8] {
        let count = UInt32(message.count)
        var out: [UInt8] = []
        out.reserveCapacity(prefixBytes + message.count)
        out += [0, UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
        out += message
        return out
    }
}

/// Why a byte stream cannot be taken apart into messages.
public enum DeframerFailure: Error, Sendable, Equatable {
    /// A message longer than the limit was announced.
    case tooLarge(length: Int, limit: Int)
    /// The message says it is compressed; only identity is spoken here.
    case compressed
    /// A flag byte that is neither 0 nor 1.
    case invalidFlag(UInt8)
    /// The stream ended inside a message.
    case truncated
}

/// Takes a stream of bytes, split anywhere, apart into messages. Memory grows with what arrived, never with what a
/// prefix announces.
public struct Deframer: Sendable {
    /// The longest message accepted, in bytes.
    public var limit: Int
    private var input: [UInt8] = []
    private var offset = 0
    private var body: [UInt8] = []
    private var bodyLength: Int?

    /// A deframer.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Whether some but not all bytes of a message are here.
    public var isInsideMessage: Bool { bodyLength != nil || offset < input.count }

    /// Takes bytes as they came.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        input.append(contentsOf: bytes)
    }

    /// The next whole message; nil until more bytes come.
    public mutating func next() throws(DeframerFailure) -> [UInt8]? {
        if bodyLength == nil {
            guard input.count - offset >= Framer.prefixBytes else { return nil }
            switch input[offset] {
            case 0: break
            case 1: throw .compressed
            default: throw .invalidFlag(input[offset])
            }
            let length = (1...4).reduce(0) { $0 << 8 | Int(input[offset + $1]) }
            guard length <= limit else { throw .tooLarge(length: length, limit: limit) }
            offset += Framer.prefixBytes
            bodyLength = length
            body.reserveCapacity(min(length, 1 << 16))
        }
        guard let bodyLength else { return nil }
        let taken = min(bodyLength - body.count, input.count - offset)
        body += input[offset..<offset + taken]
        offset += taken
        if offset == input.count {
            input.removeAll(keepingCapacity: input.capacity <= 1 << 16)
            offset = 0
        }
        guard body.count == bodyLength else { return nil }
        self.bodyLength = nil
        defer { body = [] }
        return body
    }
}
