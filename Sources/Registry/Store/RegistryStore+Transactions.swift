internal import GRDB

extension RegistryStore {
    /// A consistent view; never blocks a writer.
    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        do { return try await pool.read(body) } catch { throw RegistryError.mapped(error) }
    }

    /// One transaction. With `essential` a full disk gives up the ballast and tries once more: what frees space or
    /// protects a user (delete, rollback, revoke) must work exactly then.
    func write<T: Sendable>(
        essential: Bool = false, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        do {
            return try await pool.write(body)
        } catch {
            let mapped = RegistryError.mapped(error)
            guard essential, (mapped as? RegistryError)?.code == .storageFull, ballast.release() else { throw mapped }
        }
        do {
            try await liftPageLimit()
            return try await pool.write(body)
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    /// The injected full disk gets the room of the ballast, as a real one would.
    private func liftPageLimit() async throws {
        guard let limit = configuration.maximumPages else { return }
        let lifted = limit + configuration.ballastBytes / 4096
        try await pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = \(lifted)") }
    }

    /// The next revision of the whole registry.
    static func nextRevision(_ db: Database) throws -> Int64 {
        try db.execute(sql: "UPDATE counter SET value = value + 1 WHERE name = 'revision'")
        return try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'revision'") ?? 0
    }

    /// The revision of the whole registry: grows with every mutation of anything.
    public func revision() async throws -> UInt64 {
        try await read { db in
            UInt64(try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'revision'") ?? 0)
        }
    }
}
