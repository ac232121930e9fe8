import Foundation

/// A file of real blocks that is given up when the disk is full: SQLite needs room even to delete.
struct Ballast: Sendable {
    let path: String
    let size: Int

    /// Whether the full size is on the disk.
    var isWhole: Bool {
        var status = stat()
        return stat(path, &status) == 0 && Int(status.st_size) == size
    }

    /// Allocates the file where it is missing; false when the disk has no room for it.
    func restore() -> Bool {
        guard size > 0 else { return true }
        if isWhole { return true }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard posix_fallocate(descriptor, 0, off_t(size)) == 0 else {
            unlink(path)
            return false
        }
        return true
    }

    /// Gives the blocks back; false when there was nothing to give.
    func release() -> Bool { unlink(path) == 0 }
}
