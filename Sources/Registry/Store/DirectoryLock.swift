import Foundation

/// The registry's folder: private to its owner, and held by one opened registry at a time.
///
/// The cache of tokens and the audit chain assume one writer; the lock is what makes that true.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Creates `path` with mode 0700 where it is missing, takes the group's and others' rights away, and locks it.
    init(path: String) throws {
        try Self.prepare(path)
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error("cannot create \(path)/lock", errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Foundation.close(descriptor)
            throw RegistryError(
                .failedPrecondition, "the registry in \(path) is in use by another process; stop that one first")
        }
        self.descriptor = descriptor
    }

    /// Unlocked by name: a process that was forked a moment ago holds the same lock until it executes its program.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Makes sure `file` exists and only its owner may read it; SQLite gives the same mode to the files beside it.
    static func makePrivate(file: String) throws {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw error("cannot open \(file)", errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw error("cannot make \(file) private", errno) }
    }

    static func error(_ what: String, _ code: Int32) -> RegistryError {
        let reason = String(cString: strerror(code))
        let full = code == ENOSPC || code == EDQUOT
        return RegistryError(
            full ? .storageFull : .failedPrecondition, "\(what): \(reason); check the path and its owner")
    }

    private static func prepare(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RegistryError(
                .failedPrecondition, "cannot create the directory \(path); check the path", cause: error)
        }
        guard chmod(path, 0o700) == 0 else { throw error("cannot make \(path) private", errno) }
    }
}
