internal import GRDB

/// The settings of every connection; each is read back, because SQLite ignores what it does not know.
enum Connection {
    static func configuration(_ wanted: RegistryConfiguration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "registry"
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = max(1, wanted.readers)
        // Before journal_mode: changing the mode may meet a lock.
        configuration.busyMode = .timeout(5)
        let maximumPages = wanted.maximumPages
        configuration.prepareDatabase { db in
            // First of all, before the pool writes anything: a foreign file must not be changed.
            try Schema.check(db)
            try set(db, "trusted_schema", "OFF", reads: "0")
            try set(db, "cell_size_check", "ON", reads: "1")
            try set(db, "temp_store", "MEMORY", reads: "2")
            if db.configuration.readonly {
                try set(db, "query_only", "ON", reads: "1")
            } else {
                try set(db, "secure_delete", "ON", reads: "1")
                try db.execute(sql: "PRAGMA journal_size_limit = \(journalLimit)")
                try expect(db, "journal_size_limit", "\(journalLimit)")
                if let maximumPages { try db.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
            }
            try expect(db, "foreign_keys", "1")
        }
        return configuration
    }

    /// A reader besides the pool's, for short lookups alone, so that they never wait behind a long listing.
    static func lookups(_ wanted: RegistryConfiguration) -> Configuration {
        var configuration = configuration(wanted)
        configuration.label = "registry.lookups"
        configuration.readonly = true
        return configuration
    }

    /// Settings that the pool itself sets (WAL) or overrides (synchronous), made once the pool is open.
    static func finishWriter(_ db: Database, logPages: Int, waitsForDisk: Bool) throws {
        try set(db, "wal_autocheckpoint", "\(logPages)", reads: "\(logPages)")
        try set(db, "synchronous", waitsForDisk ? "FULL" : "OFF", reads: waitsForDisk ? "2" : "0")
        try expect(db, "journal_mode", "wal")
        try expect(db, "secure_delete", "1")
    }

    private static let journalLimit = 16 << 20

    private static func set(_ db: Database, _ pragma: String, _ value: String, reads: String) throws {
        try db.execute(sql: "PRAGMA \(pragma) = \(value)")
        try expect(db, pragma, reads)
    }

    private static func expect(_ db: Database, _ pragma: String, _ value: String) throws {
        let row = try Row.fetchOne(db, sql: "PRAGMA \(pragma)")
        let found = row.flatMap { String.fromDatabaseValue($0[0]) ?? Int64.fromDatabaseValue($0[0]).map(String.init) }
        guard found == value else {
            throw RegistryError(
                .internalError,
                "SQLite did not accept \(pragma) = \(value) (it says \(found ?? "nothing")); check its build")
        }
    }
}
