internal import GRDB

extension RegistryStore {
    /// Merges the log into the database until it is empty: only then is what was overwritten or deleted gone from the
    /// files. False when readers held it for longer than three seconds, or the disk is full.
    @discardableResult
    func checkpointUntilDone() async throws -> Bool {
        let end = ContinuousClock.now + .seconds(3)
        while true {
            let done: Bool
            do {
                done = try await pool.writeWithoutTransaction { db in try Self.checkpoint(db) }
            } catch {
                throw RegistryError.mapped(error)
            }
            if done { return true }
            guard ContinuousClock.now < end else { return false }
            // Nothing signals the end of a reader's transaction, so this polls.
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Rewrites the database without anything that was deleted. `secure_delete` alone is not enough: where SQLite moves
    /// cells between pages, old copies stay in the gaps. False when the disk has no room for it now.
    func rewrite() async throws -> Bool {
        do {
            try await pool.writeWithoutTransaction { db in try Self.rewrite(db) }
            return true
        } catch let error as DatabaseError
            where [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL].contains(error.resultCode)
        {
            return false
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    static func rewrite(_ db: Database) throws {
        // VACUUM's copy must be on the disk: it is as large as the database.
        try db.execute(sql: "PRAGMA temp_store = FILE")
        defer { try? db.execute(sql: "PRAGMA temp_store = MEMORY") }
        try db.execute(sql: "VACUUM")
    }

    /// One attempt; false when a reader is in the way or the disk is full.
    static func checkpoint(_ db: Database) throws -> Bool {
        do {
            return try db.checkpoint(.truncate).walFrameCount <= 0
        } catch let error as DatabaseError
            where [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL].contains(error.resultCode)
        {
            return false
        }
    }
}
