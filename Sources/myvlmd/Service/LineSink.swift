import Foundation

/// Lines on their way to a file descriptor that may be full, closed, or a pipe that nobody reads: writing a line never
/// waits and never fails.
///
/// A thread of its own writes them. Lines that it cannot write yet wait, up to `capacity` bytes; further lines are
/// dropped and counted, and the count is reported as soon as lines can be written again.
///
/// `@unchecked Sendable`: everything that changes is guarded by `condition`.
public final class LineSink: @unchecked Sendable {
    private let descriptor: Int32
    private let capacity: Int
    private let condition = NSCondition()
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    private var dropped = 0
    private var isWriting = false
    private var hasThread = false
    private var line: @Sendable (Int) -> String = { "\($0) log lines were dropped: nobody read them" }

    /// Standard error, for the log of this process.
    public static let standardError = LineSink(descriptor: STDERR_FILENO)

    /// A sink that buffers one mebibyte.
    public init(descriptor: Int32, capacity: Int = 1 << 20) {
        self.descriptor = descriptor
        self.capacity = capacity
    }

    /// How the number of dropped lines is written.
    func tellsDropped(as line: @escaping @Sendable (Int) -> String) { condition.withLock { self.line = line } }

    /// Lines that were dropped and not reported yet.
    package var droppedLines: Int { condition.withLock { dropped } }

    /// Queues a line; the line end is added.
    public func write(_ text: String) {
        let bytes = [UInt8](text.utf8) + [0x0A]
        condition.withLock {
            guard waitingBytes + bytes.count <= capacity else {
                dropped += 1
                return
            }
            waiting.append(bytes)
            waitingBytes += bytes.count
            startThread()
            condition.broadcast()
        }
    }

    /// Waits until everything is written, for at most `seconds`: a pipe that nobody reads must not delay the end of the
    /// process. Returns whether everything was written.
    @discardableResult
    public func flush(seconds: Double) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while !waiting.isEmpty || isWriting {
                guard condition.wait(until: end) else { return waiting.isEmpty && !isWriting }
            }
            return true
        }
    }

    private func startThread() {
        guard !hasThread else { return }
        hasThread = true
        let thread = Thread { [self] in while true { writeNext() } }
        thread.name = "log"
        thread.stackSize = 256 << 10
        thread.start()
    }

    private func writeNext() {
        let (bytes, lines) = condition.withLock { () -> ([UInt8], Int) in
            while waiting.isEmpty { condition.wait() }
            var bytes = dropped > 0 ? [UInt8]((line(dropped) + "\n").utf8) : []
            let lines = waiting.count + dropped
            for line in waiting { bytes += line }
            waiting = []
            waitingBytes = 0
            dropped = 0
            isWriting = true
            return (bytes, lines)
        }
        let isOut = StandardStream.write(bytes, to: descriptor) == 0
        condition.withLock {
            if !isOut { dropped += lines }
            isWriting = false
            condition.broadcast()
        }
    }
}
