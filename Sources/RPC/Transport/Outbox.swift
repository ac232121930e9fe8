internal import Glibc

/// Bytes of one stream that wait for the peer's window, and the trailers after them.
struct Outbox {
    /// A writer waits while more than this is queued.
    static let lowWater = 64 << 10

    private var chunks: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    /// Bytes queued.
    private(set) var count = 0
    /// Whether nothing more is coming.
    var isFinished = false
    /// The last header block, where there is one.
    var trailers: [(String, String)]?

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        chunks.append(bytes)
        count += bytes.count
    }

    mutating func discard() {
        chunks = []
        first = 0
        offset = 0
        count = 0
    }

    /// Removes up to `capacity` bytes for sending.
    mutating func read(into buffer: UnsafeMutablePointer<UInt8>, capacity: Int) -> Int {
        var written = 0
        while written < capacity, first < chunks.count {
            let taken = min(capacity - written, chunks[first].count - offset)
            chunks[first].withUnsafeBufferPointer { source in
                if let base = source.baseAddress { memcpy(buffer + written, base + offset, taken) }
            }
            written += taken
            offset += taken
            if offset == chunks[first].count {
                chunks[first] = []
                first += 1
                offset = 0
            }
        }
        if first == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            first = 0
        }
        count -= written
        return written
    }
}
