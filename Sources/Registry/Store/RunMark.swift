import Foundation

/// The file `running` in the registry's folder: there while the registry is open, and after a crash.
///
/// A database that was not closed has a log beside it with what was committed last. SQLite silently opens a database
/// whose log is missing, in its older state; this mark reveals that something is missing.
struct RunMark: Sendable {
    private let path: String
    private let log: String

    init(directory: String) {
        path = directory + "/running"
        log = directory + "/registry.sqlite-wal"
    }

    /// Throws `dataLoss` when the log of a database that was not closed is gone.
    func requireLog() throws {
        guard exists(path), !exists(log) else { return }
        throw RegistryError(
            .dataLoss,
            "registry.sqlite-wal is missing, though the server did not stop cleanly: it held the latest changes; "
                + "put it back or restore a backup, or remove the file `running` if another program merged it into "
                + "registry.sqlite", place: log)
    }

    /// Records that the registry is open. Without a log yet, or on a full disk, there is no mark: only the warning is
    /// lost then, not the registry.
    func set() {
        guard exists(log) else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Records that nothing is left in the log.
    func clear() { unlink(path) }

    /// The same, where the log is empty.
    func clearIfEmpty() {
        var status = stat()
        if stat(log, &status) != 0 || status.st_size == 0 { clear() }
    }

    /// The same, where SQLite has removed the log because all of it is in the database.
    func clearIfMerged() { if !exists(log) { clear() } }

    private func exists(_ file: String) -> Bool { access(file, F_OK) == 0 }
}
