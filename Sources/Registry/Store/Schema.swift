internal import GRDB

/// The tables, one migration a released version. `user_version` counts the migrations a database has had.
enum Schema {
    /// "MYVL": says in the file's header whose database it is.
    static let applicationID: Int64 = 0x4D59_564C
    /// The newest version this release knows.
    static var version: Int { migrations.count }

    /// Migration i leads from version i to i + 1. Released ones never change.
    private static let migrations: [String] = [version1, version2]

    /// Throws unless the database is empty or one of ours that this release can read. Runs before anything is written.
    static func check(_ db: Database) throws {
        let id = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if id == applicationID {
            guard version <= self.version else {
                throw RegistryError(
                    .schemaTooNew,
                    "the database has schema \(version), this release knows up to \(self.version); "
                        + "start a newer release or restore a backup made by this one")
            }
            return
        }
        let objects = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard id == 0, version == 0, objects == 0 else {
            throw RegistryError(
                .failedPrecondition, "the database belongs to another application; choose an empty directory")
        }
    }

    /// Brings the database to the newest version, all steps in the caller's transaction. Foreign keys must be off:
    /// a table is changed by making it anew, and dropping the old one would take along what refers to it.
    static func migrate(_ db: Database) throws {
        let from = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard from < version else { return }
        for migration in migrations[from...] { try db.execute(sql: migration) }
        guard try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
            throw RegistryError(
                .dataLoss, "the database of schema \(from) refers to rows that are missing; restore a backup")
        }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }
}
