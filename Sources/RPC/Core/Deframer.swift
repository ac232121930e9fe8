/// Writes the prefix of a gRPC message: a flag byte (0: not compressed) and the length in four bytes, big-endian.
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

/// Why a byte stream cannot be split into messages.
public enum DeframerFailure: Error, Sendable, Equatable {
    /// A message longer than the limit was announced.
    case tooLarge(length: Int, limit: Int)
    /// The message says it is compressed, which no header announced; only identity is spoken here.
    case compressed
    /// A flag byte that is neither 0 nor 1.
    case invalidFlag(UInt8)
    /// The stream ended inside a message.
    case truncated
    /// The message may not be kept now: too much is on its way already.
    case noRoom(length: Int)
    /// Nobody reads the stream any more.
    case closed
}

/// Splits a stream of bytes, which arrives in pieces of any size, into messages. Memory grows with what has arrived;
/// only `reserve` allocates what a prefix announces.
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

    /// Bytes that have arrived and are not part of a message yet.
    public var unread: Int { input.count - offset }

    /// Takes bytes as they came.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        input.append(contentsOf: bytes)
    }

    /// The length of the next message, as soon as its prefix is here. Asking again gives the same answer.
    public mutating func announced() throws(DeframerFailure) -> Int? {
        if let bodyLength { return bodyLength }
        guard unread >= Framer.prefixBytes else { return nil }
        switch input[offset] {
        case 0: break
        case 1: throw .compressed
        default: throw .invalidFlag(input[offset])
        }
        let length = (1...4).reduce(0) { $0 << 8 | Int(input[offset + $1]) }
        guard length <= limit else { throw .tooLarge(length: length, limit: limit) }
        move(Framer.prefixBytes)
        bodyLength = length
        body.reserveCapacity(min(length, 1 << 16))
        return length
    }

    /// Sets memory aside for the announced message, so that it is not copied as it grows.
    public mutating func reserve(_ length: Int) { body.reserveCapacity(length) }

    /// The next whole message; nil until more bytes come.
    public mutating func next() throws(DeframerFailure) -> [UInt8]? {
        guard let length = try announced() else { return nil }
        let taken = min(length - body.count, unread)
        body += input[offset..<offset + taken]
        move(taken)
        guard body.count == length else { return nil }
        bodyLength = nil
        defer { body = [] }
        return body
    }

    /// Consumed bytes are dropped now and then: a reader that is always a little behind must not make the input grow
    /// for ever.
    private mutating func move(_ count: Int) {
        offset += count
        if offset == input.count {
            input.removeAll(keepingCapacity: input.capacity <= 1 << 16)
            offset = 0
        } else if offset >= 1 << 15, offset * 2 >= input.count {
            input.removeFirst(offset)
            offset = 0
        }
    }
}
