/// The receiving side of one stream: messages that wait for their reader, and the flow-control window held back
/// meanwhile. Memory is bounded by the gate's window, the waiting limit and one message.
///
/// Every byte received is released exactly once: at once while the reader keeps up, later when it takes a message.
/// A window that stays closed with nobody waiting is the bug this type exists to rule out.
public struct Inbox: Sendable {
    private var deframer: Deframer
    private var waiting: [[UInt8]] = []
    private var first = 0
    private var waitingBytes = 0
    private var held = 0
    private var isOpen: Bool
    private let waitingLimit: Int
    private var failure: DeframerFailure?

    /// Whether the peer has sent its last byte.
    public private(set) var isEnded = false

    /// An inbox. A closed one keeps bytes as they are, unread, and releases no window until `open`.
    public init(messageLimit: Int, waitingLimit: Int = 256 << 10, isOpen: Bool) {
        deframer = Deframer(limit: messageLimit)
        self.waitingLimit = waitingLimit
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
    public var isInsideMessage: Bool { deframer.isInsideMessage }

    /// Whether no reader would get a message now.
    public var isEmpty: Bool { first == waiting.count }

    /// Bytes came. Returns how many bytes of window to release now.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        held += bytes.count
        guard failure == nil else { return release() }
        deframer.append(bytes)
        return advance()
    }

    /// Opens the gate: messages of up to `messageLimit` bytes are read from here on. Returns bytes to release.
    public mutating func open(messageLimit: Int) -> Int {
        deframer.limit = messageLimit
        isOpen = true
        return advance()
    }

    /// The peer sent its last byte.
    public mutating func end() {
        isEnded = true
        if isOpen { settleEnd() }
    }

    /// The next message, in order. A failure comes after the messages before it.
    public mutating func next() -> Next {
        if first < waiting.count {
            let message = waiting[first]
            waiting[first] = []
            first += 1
            waitingBytes -= message.count
            if first == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                first = 0
            }
            return .message(message, release: release())
        }
        if let failure { return .failed(failure) }
        return isEnded && isOpen ? .end : .wait
    }

    private mutating func advance() -> Int {
        guard isOpen else { return 0 }
        do {
            while let message = try deframer.next() {
                waitingBytes += message.count
                waiting.append(message)
            }
            if isEnded { settleEnd() }
        } catch {
            failure = error
            deframer = Deframer(limit: 0)
        }
        return release()
    }

    private mutating func settleEnd() {
        if deframer.isInsideMessage, failure == nil { failure = .truncated }
    }

    /// Empty messages count too: a reader that is far behind must not be given more of them.
    private mutating func release() -> Int {
        guard waitingBytes <= waitingLimit, waiting.count - first <= 1024 else { return 0 }
        defer { held = 0 }
        return held
    }
}
