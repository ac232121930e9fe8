import Foundation

/// The database's file, checked before anything opens it.
enum DatabaseFile {
    /// Throws unless there is a plain file with content: `notFound` for one that is missing, `dataLoss` for anything
    /// else in its place. SQLite would create a new database without users where the file is missing or empty.
    static func require(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let reason = errno == ENOENT || errno == ENOTDIR ? "is missing" : String(cString: strerror(errno))
            throw RegistryError(
                .notFound,
                "registry.sqlite: \(reason), though the server was set up here: put it back, or restore a backup with "
                    + "`myvlmd backup restore`; nothing was made in its place", place: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw RegistryError(
                .dataLoss,
                "registry.sqlite is not a plain file: move what stands in its place away and put the database back, or "
                    + "restore a backup with `myvlmd backup restore`", place: path)
        }
        guard status.st_size > 0 else {
            throw RegistryError(
                .dataLoss,
                "registry.sqlite is empty, though the server was set up here: put it back, or restore a backup with "
                    + "`myvlmd backup restore`", place: path)
        }
    }
}
