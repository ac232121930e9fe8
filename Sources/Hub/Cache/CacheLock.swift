internal import Glibc
internal import LocalFiles

/// The right to fetch one content, among all processes and tools: `flock` on a file that stays.
final class CacheLock {
    private let descriptor: Int32

    /// How often somebody else's is looked at, in microseconds.
    private static let pause: UInt32 = 50_000

    /// Waits for it. Throws `cancelled` besides what writing throws.
    /// - Parameter waits: called once where somebody else has it.
    init(_ place: LocalPath, isCancelled: () -> Bool, waits: () -> Void) throws(HubError) {
        try CacheFiles.makeFolder(place.folder)
        var hasTold = false
        while true {
            let descriptor = place.call { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644) }
            guard descriptor >= 0 else { throw CacheFiles.cannot("open", place, errno) }
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                let number = errno
                guard [EWOULDBLOCK, EINTR].contains(number), !isCancelled() else {
                    close(descriptor)
                    throw number == EWOULDBLOCK
                        ? HubError(.cancelled, "stopped while another program fetched the same file")
                        : CacheFiles.cannot("lock", place, number)
                }
                if !hasTold { waits() }
                hasTold = true
                usleep(Self.pause)
            }
            // Somebody may have taken the file away meanwhile: a lock on it holds nobody off.
            if let own = FileStatus(descriptor: descriptor), FileStatus(place)?.isSame(as: own) == true {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit { close(descriptor) }

    /// Whether somebody has it now.
    static func isHeld(_ place: LocalPath) -> Bool {
        let descriptor = place.call { open($0, O_RDWR | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }
}
