import Glibc
import Synchronization

/// Files being written now, so that a program which ends at once can take them away.
package enum UnfinishedFiles {
    private static let paths = Mutex<Set<LocalPath>>([])

    static func add(_ path: LocalPath) { paths.withLock { _ = $0.insert(path) } }

    static func remove(_ path: LocalPath) { paths.withLock { _ = $0.remove(path) } }

    /// Deletes them all. Not for signal handlers: it takes a lock.
    /// - Parameter folder: only those in it; nil takes all.
    package static func discardAll(in folder: LocalPath? = nil) {
        for path in paths.withLock({ $0 }) where folder == nil || path.folder == folder { _ = path.call { unlink($0) } }
    }
}
