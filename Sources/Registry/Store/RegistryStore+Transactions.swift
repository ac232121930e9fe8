internal import Foundation
internal import GRDB

extension RegistryStore {
    /// A consistent view; never blocks a writer.
    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        configuration.willAccess()
        do { return try await pool.read(body) } catch { throw RegistryError.mapped(error) }
    }

    /// A consistent view for a handful of rows that lie together, on the caller's thread: handing tens of microseconds of
    /// work to another thread and back takes longer than the work.
    func lookup<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try lookups.read(body) } catch { throw RegistryError.mapped(error) }
    }

    /// One transaction. With `essential`, on a full disk, first the log is merged and then the ballast is released:
    /// changes that free space or protect a user (delete, rollback, revoke) must work exactly then.
    func write<T: Sendable>(
        essential: Bool = false, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        guard essential else { return try await attempt(body) }
        do {
            return try await attempt(body)
        } catch let error as RegistryError where error.code == .storageFull {}
        let freed: Int
        do {
            // Each commit grows the log; once it is merged its room can be reused.
            try await moveLogIntoDatabase()
            return try await attempt(body)
        } catch let error as RegistryError where error.code == .storageFull {
            freed = ballast.release()
            guard freed > 0 else { throw error }
        }
        try await liftPageLimit()
        if logBytes <= freed {
            try await moveLogIntoDatabase()
        } else {
            // Merging would use up the ballast for the database's growth and free nothing; `maintain` turns it on
            // again.
            try await setAutomaticCheckpoint(pages: 0)
        }
        return try await attempt(body)
    }

    /// Runs a write that starting needs outside the database, such as the address file. On a full disk the ballast is
    /// released first; `maintain` recreates it when there is space.
    public func makingRoom<T>(_ body: () throws -> T) throws -> T { try ballast.makingRoom(body) }

    /// How many pages the log may have before a commit merges it. A quarter of the ballast, so that the ballast is
    /// always large enough for merging the log into the database.
    func setAutomaticCheckpoint(pages: Int) async throws {
        do {
            try await pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_autocheckpoint = \(pages)") }
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    private var logBytes: Int {
        var status = stat()
        return stat(pool.path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }

    private func attempt<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        configuration.willAccess()
        do { return try await pool.write(body) } catch { throw RegistryError.mapped(error) }
    }

    /// Merges as much of the log as possible: a full disk or a reader may stop it, and nothing is lost then.
    private func moveLogIntoDatabase() async throws {
        do {
            try await pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_FULL].contains(error.resultCode) {
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    /// The simulated full disk gains the room of the ballast, as a real one would.
    private func liftPageLimit() async throws {
        guard let limit = configuration.maximumPages else { return }
        let lifted = limit + configuration.ballastBytes / 4096
        try await pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = \(lifted)") }
    }

    /// The next revision of the whole registry.
    static func nextRevision(_ db: Database) throws -> Int64 {
        try db.run("UPDATE counter SET value = value + 1 WHERE name = 'revision'")
        return try db.value("SELECT value FROM counter WHERE name = 'revision'") ?? 0
    }

    /// The revision of the whole registry: grows with every mutation of anything.
    public func revision() async throws -> UInt64 {
        try await read { db in
            UInt64(try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'revision'") ?? 0)
        }
    }
}
