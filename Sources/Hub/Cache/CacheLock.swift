internal import Glibc
internal import LocalFiles

/// The right to fetch one content, among all processes and tools: `flock` on a file that stays.
final class CacheLock {
    private let descriptor: Int32

    /// Waits for it. `waits` is called once where somebody else has it.
    init(_ place: LocalPath, waits: () -> Void) throws(HubError) {
        try CacheFiles.makeFolder(place.folder)
        var hasTold = false
        while true {
            let descriptor = place.call { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644) }
            guard descriptor >= 0 else { throw CacheFiles.cannot("open", place, errno) }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                if !hasTold { waits() }
                hasTold = true
                while flock(descriptor, LOCK_EX) != 0 {
                    guard errno == EINTR else {
                        let number = errno
                        close(descriptor)
                        throw CacheFiles.cannot("lock", place, number)
                    }
                }
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
