internal import Foundation
internal import GRDB

/// What a migration may need besides the database.
struct MigrationContext: Sendable {
    /// Wraps the data keys it makes.
    let master: MasterKey
    /// Milliseconds since 1970.
    let now: Int64
    /// Returns unpredictable bytes.
    let random: @Sendable (Int) throws -> [UInt8]
}

/// The tables, with one migration per released version. `user_version` counts the migrations a database has had.
package enum Schema {
    /// "MYVL": the application id in the file's header.
    static let applicationID: Int64 = 0x4D59_564C
    /// The newest version this release knows.
    package static var version: Int { migrations.count }

    /// Migration i leads from version i to i + 1. Released ones never change.
    private static let migrations: [@Sendable (Database, MigrationContext) throws -> Void] = [
        { db, _ in try db.execute(sql: version1) }, { db, _ in try db.execute(sql: version2) }, version3,
        { db, _ in try db.execute(sql: version4) }, { db, _ in try db.execute(sql: version5) },
        { db, _ in try db.execute(sql: version6) }, { db, _ in try db.execute(sql: version7) },
    ]

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

    /// What a database's header says about keys, before anything opens it.
    enum KeyState {
        /// Missing, empty, or of a schema that had no data keys yet: a master key may be made.
        case none
        /// Data keys are in it: the master key must be there.
        case wrapped
        /// Not ours; opening it will say so.
        case foreign
    }

    /// The header's fields are big-endian: `user_version` at byte 60, `application_id` at byte 68.
    static func keyState(_ path: String) -> KeyState {
        guard let file = FileHandle(forReadingAtPath: path) else { return .none }
        defer { try? file.close() }
        guard let header = try? file.read(upToCount: 100), !header.isEmpty else { return .none }
        func number(_ offset: Int) -> Int64 { header.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int64($1) } }
        guard header.count == 100, number(68) == applicationID else { return .foreign }
        return number(60) < 3 ? .none : .wrapped
    }

    /// Brings the database to the newest version, all steps in the caller's transaction. Foreign keys must be off: a
    /// table is changed by creating it again, and dropping the old one would delete the rows that refer to it.
    static func migrate(_ db: Database, _ context: MigrationContext) throws {
        let from = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard from < version else { return }
        for migration in migrations[from...] { try migration(db, context) }
        guard try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
            throw RegistryError(
                .dataLoss, "the database of schema \(from) refers to rows that are missing; restore a backup")
        }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }
}
