internal import GRDB

extension RegistryError {
    /// Translates an error of SQLite. Statements and their arguments never enter the message.
    static func mapped(_ error: any Error) -> any Error {
        guard let below = error as? DatabaseError else { return error }
        switch below.resultCode {
        case .SQLITE_FULL: return full(below)
        case .SQLITE_IOERR where below.extendedResultCode == .SQLITE_IOERR_SHMSIZE: return full(below)
        case .SQLITE_READONLY:
            return RegistryError(.storageFull, "the database is read-only; check the mount and the owner", cause: below)
        case .SQLITE_NOTADB:
            return RegistryError(
                .dataLoss, "the file is not a registry database; restore a backup or choose another directory",
                cause: below)
        case .SQLITE_CORRUPT:
            return RegistryError(
                .dataLoss, "the database is damaged; stop the server and restore a backup", cause: below)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return RegistryError(
                .internalError, "the database is locked by another program; end it and try again", retryAfterMs: 1_000,
                cause: below)
        case .SQLITE_INTERRUPT:
            return RegistryError(.internalError, "the database operation was interrupted; try again", cause: below)
        default:
            return RegistryError(
                .internalError,
                "the database failed with code \(below.extendedResultCode.rawValue); see the server's log",
                cause: below)
        }
    }

    private static func full(_ below: DatabaseError) -> RegistryError {
        RegistryError(
            .storageFull, "the disk is full; free space, or delete concepts, then try again", cause: below)
    }
}
