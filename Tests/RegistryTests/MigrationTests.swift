import Foundation
import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct MigrationTests {
    /// A registry folder with a database of an older schema, as `Fixtures/schema-N.sql` describes it.
    private func old(_ schema: Int) throws -> RegistryConfiguration {
        let directory = Harness.newDirectory()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Fixtures/schema-\(schema).sql")
        let sql = try String(contentsOf: fixture, encoding: .utf8)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: directory + "/registry.sqlite", configuration: configuration)
        try queue.writeWithoutTransaction { (db: Database) throws -> Void in try db.execute(sql: sql) }
        try queue.close()
        var registry = RegistryConfiguration.quick(directory)
        // The fixtures were written then; their tokens are good for 30 days.
        registry.clock = { 1_700_000_100_000 }
        return registry
    }

    @Test func aRegistryOfTheFirstReleaseOpensWithAllItHas() async throws {
        let configuration = try old(1)
        defer { try? FileManager.default.removeItem(atPath: configuration.directory) }
        let store = try RegistryStore(configuration)
        let users = try await store.users(by: .console)
        #expect(users.map(\.name) == ["admin", "anna", "ben", "eve"])
        #expect(
            users.map(\.role) == [.admin, .user, .user, .user] && users.map(\.suspended) == [false, false, false, true])
        let anna = try await store.authenticate("mvt_j5adpKuyucDHztXc4-rx-P8GDRQbIikwNz5FTFNaYWg")
        #expect(anna.name == "anna" && anna.scopes == [.read, .query, .enroll])
        _ = try await store.login(name: "anna", password: Harness.password, address: "192.0.2.1")
        let mug = try await store.concept("mug", of: anna.userID)
        #expect(mug.concept.name == "Mug" && mug.concept.currentVersion == 1 && mug.concept.versionCount == 3)
        #expect(
            mug.history.map(\.to) == [1, 3, 2, 1]
                && mug.history.map(\.pointer) == ["current", "current", "current", "current"])
        for version in try await store.versions(of: "mug", userID: anna.userID) {
            #expect(
                try await store.artifact(version.digest, of: anna.userID) == Array("artifact \(version.number)".utf8))
        }
        let before = try await store.conceptSet(of: anna.userID)
        #expect(before.items.map(\.concept) == ["Mug", "Rex"] && before.revision == 7)
        // The undo stack is as it was: a rollback to 1 popped all the way down.
        await expectError(.failedPrecondition, "nothing before") { try await store.rollback("mug", by: anna) }
        #expect(try await store.undeleteConcept("gone", by: anna) == 8)
        let ben = try await store.authenticate("mvt_nKOqsbi_xs3U2-Lp8Pf-BQwTGiEoLzY9REtSWWBnbnU")
        #expect(try await store.conceptSet(of: ben.userID).items.map(\.concept) == ["mug"])
        guard case .intact(let rows) = try await store.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
        #expect(rows >= 21)
        // The log was written anew with codes for names; where its old head stood, a row says so.
        let log = try await store.audit(limit: 1_000, by: .console)
        let coded = log.records.first { $0.action == "audit.code" }
        #expect(coded?.sequence == 20 && coded?.details.contains(#""rows":19"#) == true)
        #expect(!log.records.contains { "\($0)".contains("anna") || "\($0)".contains("was better") })
        let rollback = try #require(log.records.first { $0.action == "concept.rollback" })
        #expect(log.names[rollback.target] == "anna/Mug" && log.names[rollback.actor] == "anna")
        // Nothing is left in the clear.
        for file in ["registry.sqlite", "registry.sqlite-wal"] {
            #expect(try await !contains(readAll(configuration.directory + "/" + file), "artifact 1"))
        }
        // Events begin with the migration: what was before is compacted.
        await expectError(.compacted, "COMPACTED") { try await store.changes(of: anna.userID, after: 6) }
        #expect(try await store.changes(of: anna.userID, after: 7).events.map(\.kind) == [.undelete])
        try store.close()
        // Nothing is migrated twice.
        let again = try RegistryStore(configuration)
        #expect(try await again.conceptSet(of: anna.userID).items.count == 3)
        try again.close()
        let queue = try DatabaseQueue(path: configuration.directory + "/registry.sqlite")
        try await queue.read { (db: Database) throws -> Void in
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == Schema.version)
            #expect(try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil)
            let fresh = try Harness()
            let names = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
            let expected = try fresh.store.schemaNames(names)
            #expect(try String.fetchAll(db, sql: names) == expected, "a migrated schema differs from a new one")
        }
        try queue.close()
    }

    @Test(arguments: [
        (2, "mvt_NmrBowxcKuAXVOUFEWSG2qvH5CE8su5y0xGs50v7JhI"), (4, "mvt_jcblGEO463Oz5vxw1o1caZLnKgcJLGgOyuPIg00GC1Y"),
        (6, "mvt_jcblGEO463Oz5vxw1o1caZLnKgcJLGgOyuPIg00GC1Y"),
    ]) func laterReleasesOpenWithAllTheyHave(schema: Int, token: String) async throws {
        var configuration = try old(schema)
        configuration.masterKey = .keys([try MasterKey(text: String(repeating: "5e", count: 32))])
        let directory = configuration.directory
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try RegistryStore(configuration)
        let users = try await store.users(by: .console)
        #expect(users.map(\.name) == ["anna", "ben", "iris", "root"])
        #expect(users.map(\.role) == [.user, .user, .auditor, .admin])
        let anna = try await store.authenticate(token)
        let mug = try await store.concept("mug", of: anna.userID)
        #expect(mug.concept.currentVersion == 2 && mug.concept.keepLast == 2)
        #expect(mug.aliases.map(\.name) == ["best"] && mug.aliases[0].version == 1 && mug.aliases[0].isProtected)
        #expect(mug.history.first { $0.action == .promote }?.reason == "was better")
        for version in try await store.versions(of: "mug", userID: anna.userID) {
            let bytes = try await store.artifact(version.digest, of: anna.userID)
            #expect(bytes == Array("artifact \(version.number)".utf8))
        }
        await expectError(.failedPrecondition, "protected") { try await store.deleteConcept("mug", by: anna) }
        #expect(try await store.changes(of: anna.userID, after: 0).events.map(\.revision) == Array(1...10))
        #expect(try await store.undeleteConcept("gone", by: anna) == 11)
        let others = schema == 6 ? ["ben/mug"] : []
        #expect(try await store.conceptSet(of: anna.userID).items.map(\.concept) == ["Mug"] + others + ["gone"])
        if schema == 6 {
            // Whoever was given a share when nobody had to be asked uses it on.
            let shares = try await store.shares(of: anna.userID)
            #expect(shares.map(\.state) == [.accepted, .accepted] && shares.map(\.user) == ["ben", "anna"])
            let ben = try #require(users.first { $0.name == "ben" })
            #expect(try await store.conceptSet(of: ben.userID).items.map(\.concept) == ["anna/Mug", "mug"])
            #expect(try await store.photos(of: "mug", userID: anna.userID).map(\.name) == ["front.jpg"])
            try await store.declineShare("mug", of: "ben", by: anna)
        }
        if schema >= 4 {
            let jobs = try await store.jobs(of: anna.userID)
            #expect(Set(jobs.map(\.state)) == [.failed, .running])
            let open = try #require(try await store.recoverJobs().first)
            #expect(try await store.startJob(open.id).request == Array("another".utf8))
            #expect(try await store.erasures(by: .console).map(\.versions) == [1])
        }
        guard case .intact = try await store.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
        #expect(try await store.scrub(by: .console).isClean)
        // What later schemas brought works on what they found.
        #expect(try await store.share("mug", with: "ben", by: anna).changed == (schema != 6))
        #expect(try await store.usage(of: anna).count == QuotaName.allCases.count)
        let names = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        let fresh = try Harness()
        #expect(try store.schemaNames(names) == fresh.store.schemaNames(names))
        try store.close()
        let again = try RegistryStore(configuration)
        #expect(try await again.conceptSet(of: anna.userID).items.count == 2)
        try again.close()
    }

    @Test func aMigrationThatFailsLeavesTheOldSchema() async throws {
        let configuration = try old(1)
        defer { try? FileManager.default.removeItem(atPath: configuration.directory) }
        let path = configuration.directory + "/registry.sqlite"
        var loose = Configuration()
        loose.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: loose)
        // A token of nobody: a row no release could have written.
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "UPDATE token SET account_id = 99 WHERE id = 1")
        }
        try queue.close()
        await expectError(.dataLoss, "restore a backup") { try RegistryStore(configuration) }
        let after = try DatabaseQueue(path: path, configuration: loose)
        try await after.read { (db: Database) throws -> Void in
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 1)
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM account") == 4)
        }
        try after.close()
    }
}

extension RegistryStore {
    /// Names in the schema of this store's own database, read from outside.
    func schemaNames(_ sql: String) throws -> [String] {
        let queue = try DatabaseQueue(path: configuration.directory + "/registry.sqlite")
        defer { try? queue.close() }
        return try queue.read { db in try String.fetchAll(db, sql: sql) }
    }
}
