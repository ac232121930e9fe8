/// The receiving side of one stream: the message that waits for its reader, and the flow-control window held back
/// meanwhile. Memory is bounded by the stream's window and two messages: one that waits, one that arrives.
///
/// Every byte received is released exactly once: when it moves into a message, or is dropped. A message longer than
/// `freeLength` moves only after somebody made room for it, so nothing is buffered that nobody counted. This type
/// exists to rule out one bug: a window that stays closed while nobody waits for it.
public struct Inbox: Sendable {
    private var deframer: Deframer
    private var ready: [UInt8]?
    private var held = 0
    private var isOpen: Bool
    private var freeLength: Int
    private var hasRoom = false
    private var failure: DeframerFailure?

    /// Whether the peer has sent its last byte.
    public private(set) var isEnded = false
    /// The length of a message whose prefix was read and which waits for `makeRoom` or `refuseRoom`.
    public private(set) var wanted: Int?

    /// An inbox. A closed one keeps bytes as they are, unread, and releases no window until `open`.
    public init(messageLimit: Int, freeLength: Int = .max, isOpen: Bool) {
        deframer = Deframer(limit: messageLimit)
        self.freeLength = freeLength
        self.isOpen = isOpen
    }

    /// What a reader gets.
    public enum Next: Sendable, Equatable {
        /// A message, and how many bytes of window to release now.
        case message([UInt8], release: Int)
        /// Nothing yet.
        case wait
        /// The peer ended the stream after whole messages.
        case end
        /// The stream cannot be read any further.
        case failed(DeframerFailure)
    }

    /// Whether a message has begun and is not whole yet.
    public var isInsideMessage: Bool { ready == nil && deframer.isInsideMessage }

    /// Whether the next thing has to come from the peer: no message waits, and the stream has not ended.
    public var isWaitingForPeer: Bool { isOpen && ready == nil && !isEnded && failure == nil && wanted == nil }

    /// Bytes came. Returns how many bytes of window to release now.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        held += bytes.count
        guard failure == nil else { return release() }
        deframer.append(bytes)
        return advance()
    }

    /// Opens the gate: messages of up to `messageLimit` bytes are read from here on, those above `freeLength` after
    /// somebody made room. Returns bytes to release.
    public mutating func open(messageLimit: Int, freeLength: Int = .max) -> Int {
        guard failure == nil else { return 0 }
        deframer.limit = messageLimit
        self.freeLength = freeLength
        isOpen = true
        return advance()
    }

    /// The wanted message may come. Returns bytes to release.
    public mutating func makeRoom() -> Int {
        guard let length = wanted else { return 0 }
        wanted = nil
        hasRoom = true
        deframer.reserve(length)
        return advance()
    }

    /// The wanted message may not come. Returns bytes to release.
    public mutating func refuseRoom() -> Int {
        guard let length = wanted else { return 0 }
        return fail(.noRoom(length: length))
    }

    /// Nobody reads any more: what has arrived and what still arrives is dropped. Returns bytes to release.
    public mutating func close() -> Int {
        ready = nil
        isOpen = true
        return failure == nil ? fail(.closed) : release()
    }

    /// The peer sent its last byte.
    public mutating func end() {
        isEnded = true
        _ = advance()
    }

    /// The next message, in order. A failure comes after the messages before it.
    public mutating func next() -> Next {
        if let message = ready {
            ready = nil
            return .message(message, release: advance())
        }
        if let failure { return .failed(failure) }
        return isEnded && isOpen && wanted == nil ? .end : .wait
    }

    /// Takes the next message apart, one at a time: what follows stays as it came, and holds its window.
    private mutating func advance() -> Int {
        guard isOpen, failure == nil, wanted == nil else { return isOpen ? release() : 0 }
        do {
            while ready == nil, let length = try deframer.announced() {
                guard hasRoom || length <= freeLength else {
                    wanted = length
                    return release()
                }
                guard let message = try deframer.next() else { break }
                hasRoom = false
                ready = message
            }
        } catch {
            return fail(error)
        }
        if isEnded, isInsideMessage { return fail(.truncated) }
        return release()
    }

    private mutating func fail(_ reason: DeframerFailure) -> Int {
        failure = reason
        wanted = nil
        deframer = Deframer(limit: 0)
        return release()
    }

    private mutating func release() -> Int {
        defer { held = deframer.unread }
        return held - deframer.unread
    }
}
