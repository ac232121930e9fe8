import Foundation

/// A file of allocated blocks that is released when the disk is full: SQLite needs room even to delete.
struct Ballast: Sendable {
    let path: String
    let size: Int

    /// Bytes that it has now.
    private var bytes: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Allocates what is missing, as far as the disk has room: all of it, or half, a quarter, an eighth. False when the
    /// file does not have its full size.
    func restore() -> Bool {
        guard size > 0 else { return true }
        let before = bytes
        if before == size { return true }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        for wanted in [size, size / 2, size / 4, size / 8] where wanted > before {
            if posix_fallocate(descriptor, 0, off_t(wanted)) == 0 { return wanted == size }
            // Some file systems keep what a failed call got.
            guard ftruncate(descriptor, off_t(before)) == 0 else { break }
        }
        if before == 0 { unlink(path) }
        return false
    }

    /// Releases the blocks; returns how many bytes they were, 0 when there was nothing to release.
    func release() -> Int {
        let held = bytes
        return unlink(path) == 0 ? held : 0
    }

    /// Whether the disk below has no room, or so little that the smallest write may fail.
    var diskIsFull: Bool {
        var status = statvfs()
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard statvfs(folder, &status) == 0 else { return false }
        return Int(status.f_bavail) * Int(status.f_frsize) < 1 << 20
    }

    /// Runs a write that must succeed. If it fails because the disk is full, the ballast is released and the write is
    /// tried once more; `restore` recreates the ballast when there is space.
    func makingRoom<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            guard diskIsFull || (error as? RegistryError)?.code == .storageFull, release() > 0 else { throw error }
            return try body()
        }
    }
}
