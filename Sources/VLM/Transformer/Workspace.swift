internal import Compute
import Synchronization

/// Memory for one computation, handed out piece by piece. Confined to that computation.
final class Workspace {
    let buffer: FloatBuffer
    private var used = 0

    init(buffer: FloatBuffer) { self.buffer = buffer }

    /// `count` floats of any content, aligned to a cache line.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let start = used
        used += Workspace.rounded(count)
        precondition(used <= buffer.count, "work space of \(buffer.count) floats is too small")
        return buffer.pointer + start
    }

    static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}

/// Keeps the memory of finished computations for the next: fresh pages of a training step cost as much as a tenth of it.
final class WorkspacePool: Sendable {
    private let free = Mutex<[FloatBuffer]>([])

    /// Runs `body` with a work space that holds the given pieces.
    func with<Result>(pieces: [Int], _ body: (Workspace) throws -> Result) rethrows -> Result {
        let count = pieces.reduce(0) { $0 + Workspace.rounded($1) }
        let kept = free.withLock { free in
            free.firstIndex { $0.count >= count }.map { free.remove(at: $0) }
        }
        let buffer = kept ?? FloatBuffer(count: count)
        defer {
            free.withLock { free in
                // The smallest first, so that a decoding step does not hold the memory a training step needs.
                free.insert(buffer, at: free.firstIndex { $0.count >= buffer.count } ?? free.endIndex)
                if free.count > 4 { free.removeFirst() }
            }
        }
        return try body(Workspace(buffer: buffer))
    }
}
