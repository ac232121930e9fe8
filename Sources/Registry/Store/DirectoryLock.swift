import Foundation

/// The registry's folder: private to its owner, and locked by one open registry at a time.
///
/// The cache of tokens and the audit chain assume one writer; the lock is what makes that true.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Creates `path` with mode 0700 where it is missing, removes the permissions of group and others, and locks it.
    init(path: String) throws {
        try Self.prepare(path)
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error("cannot create the lock", errno, path + "/lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Foundation.close(descriptor)
            throw RegistryError(
                .failedPrecondition, "the registry is in use by another process; stop that one first", place: path)
        }
        self.descriptor = descriptor
    }

    /// Unlocked explicitly: a process that was just forked shares the lock until it executes its program.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Makes sure `file` exists and only its owner may read it; SQLite gives the same mode to the files beside it.
    static func makePrivate(file: String) throws {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw error("cannot open it", errno, file) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw error("cannot make it private", errno, file) }
    }

    /// The error of a system call on a file. Clients may see the message: only `place` names the file.
    static func error(_ what: String, _ code: Int32, _ place: String) -> RegistryError {
        let reason = String(cString: strerror(code))
        guard code != ENOSPC, code != EDQUOT else {
            return RegistryError(
                .storageFull, "\(what): the disk is full; free space, then try again", place: place)
        }
        return RegistryError(.failedPrecondition, "\(what): \(reason); check the path and its owner", place: place)
    }

    private static func prepare(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RegistryError(
                .failedPrecondition, "cannot create the directory; check the path", place: path, cause: error)
        }
        guard chmod(path, 0o700) == 0 else { throw error("cannot make it private", errno, path) }
    }
}
