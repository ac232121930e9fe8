import Foundation
import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct StoreTests {
    @Test func onlyTheOwnerMayRead() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        func mode(_ path: String) throws -> Int {
            let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            return try #require(value)
        }
        #expect(try mode(harness.directory) == 0o700)
        let files = try FileManager.default.contentsOfDirectory(atPath: harness.directory)
        #expect(Set(files).isSuperset(of: ["registry.sqlite", "registry.sqlite-wal", "ballast", "lock"]))
        for file in files { #expect(try mode(harness.directory + "/" + file) == 0o600, "\(file)") }
    }

    @Test func looseRightsAreTakenAway() throws {
        let directory = Harness.newDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        _ = try RegistryStore(RegistryConfiguration.quick(directory))
        let mode = try FileManager.default.attributesOfItem(atPath: directory)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    @Test func headerSaysWhoseDatabaseItIs() throws {
        let harness = try Harness()
        try harness.store.close()
        try harness.outside { (db: Database) throws -> Void in
            #expect(try Int64.fetchOne(db, sql: "PRAGMA application_id") == 0x4D59_564C)
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == Schema.version)
            #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal")
            let loose = try String.fetchAll(
                db,
                sql:
                    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
            )
            #expect(loose == [])
        }
    }

    @Test func secondOpeningIsRefusedUntilTheFirstCloses() async throws {
        let harness = try Harness()
        await expectError(.failedPrecondition, "in use") { try RegistryStore(harness.configuration) }
        try harness.store.close()
        let again = try RegistryStore(harness.configuration)
        #expect(try await again.users(by: .console).isEmpty)
    }

    @Test func newerSchemaIsRefusedAndLeftAlone() async throws {
        let harness = try Harness()
        try harness.store.close()
        try harness.outside { (db: Database) throws -> Void in try db.execute(sql: "PRAGMA user_version = 99") }
        await expectError(.schemaTooNew, "99") { try RegistryStore(harness.configuration) }
        try harness.outside { (db: Database) throws -> Void in
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 99)
        }
    }

    @Test func notADatabaseIsRefusedAndLeftAlone() async throws {
        let directory = Harness.newDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let text = Data(String(repeating: "This is a letter, not a database. ", count: 100).utf8)
        let path = directory + "/registry.sqlite"
        try text.write(to: URL(fileURLWithPath: path))
        await expectError(.dataLoss, "not a registry database") {
            try RegistryStore(RegistryConfiguration.quick(directory))
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }

    @Test func databaseOfAnotherApplicationIsRefusedAndLeftAlone() async throws {
        let directory = Harness.newDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/registry.sqlite"
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in try db.execute(sql: "CREATE TABLE recipes (name TEXT)") }
        try queue.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        await expectError(.failedPrecondition, "another application") {
            try RegistryStore(RegistryConfiguration.quick(directory))
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func damagedPagesAreNoticedAtBoot() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for number in 0..<40 { _ = try await harness.store.commit(enrollment("mug \(number)", "\(number)"), by: anna) }
        try harness.store.close()
        let url = URL(fileURLWithPath: harness.databasePath)
        var bytes = try Data(contentsOf: url)
        #expect(bytes.count > 20 * 4096)
        // The headers of all pages but the first three.
        for page in 3..<(bytes.count / 4096) {
            bytes.replaceSubrange(page * 4096..<page * 4096 + 16, with: Data(repeating: 0xEE, count: 16))
        }
        try bytes.write(to: url)
        await expectError(.dataLoss, "backup") { try RegistryStore(harness.configuration) }
    }

    /// What a power cut leaves: the files as they are on the disk, with nothing closed and no shared memory.
    @Test func everythingAcknowledgedSurvivesAnAbruptEnd() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let token = try await harness.login("anna").token
        for number in 1...20 { _ = try await harness.store.commit(enrollment("mug", "\(number)"), by: anna) }
        _ = try await harness.store.rollback("mug", by: anna)
        let copy = Harness.newDirectory()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for file in ["registry.sqlite", "registry.sqlite-wal", "master.key"] {
            try FileManager.default.copyItem(atPath: harness.directory + "/" + file, toPath: copy + "/" + file)
        }
        var configuration = harness.configuration
        configuration.directory = copy
        let after = try RegistryStore(configuration)
        #expect(try await after.conceptSet(of: anna.userID) == harness.store.conceptSet(of: anna.userID))
        #expect(try await after.concept("mug", of: anna.userID).concept.currentVersion == 19)
        #expect(try await after.authenticate(token).userID == anna.userID)
        #expect(try await after.verifyAudit() == harness.store.verifyAudit())
        for item in try await after.versions(of: "mug", userID: anna.userID) {
            #expect(try await after.artifact(item.digest, of: anna.userID) == Array("artifact \(item.number)".utf8))
        }
    }

    /// Any prefix of the log is a state that once was: no half transaction is ever seen.
    @Test func tornLogGivesACleanPrefix() async throws {
        // No ballast: the log is merged late and holds every commit.
        let harness = try Harness { $0.ballastBytes = 0 }
        let anna = try await harness.user("anna")
        for number in 1...12 { _ = try await harness.store.commit(enrollment("mug", "\(number)"), by: anna) }
        let base = try Data(contentsOf: URL(fileURLWithPath: harness.databasePath))
        let log = try Data(contentsOf: URL(fileURLWithPath: harness.databasePath + "-wal"))
        var seen: Set<Int> = []
        for cut in stride(from: log.count / 3, through: log.count, by: max(1, log.count / 25)) {
            let copy = Harness.newDirectory()
            defer { try? FileManager.default.removeItem(atPath: copy) }
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
            try base.write(to: URL(fileURLWithPath: copy + "/registry.sqlite"))
            try log.prefix(cut).write(to: URL(fileURLWithPath: copy + "/registry.sqlite-wal"))
            var configuration = harness.configuration
            configuration.directory = copy
            // Opening merges the log: the key belongs to what it says, and stays where it is.
            configuration.masterKey = .file(harness.directory + "/master.key")
            let after = try RegistryStore(configuration)
            guard case .intact = try await after.verifyAudit() else {
                Issue.record("audit broken after a cut at \(cut)")
                continue
            }
            let set = try? await after.conceptSet(of: anna.userID)
            let versions = set?.items.first?.number ?? 0
            #expect(set.map { Int($0.revision) == versions } ?? true)
            seen.insert(versions)
        }
        #expect(seen.count > 3, "the cuts hit \(seen.count) different states only")
    }
}

extension RegistryConfiguration {
    /// Cheap to open.
    static func quick(_ directory: String) -> RegistryConfiguration {
        var configuration = RegistryConfiguration(directory: directory)
        configuration.passwordCost = .weakForTests
        configuration.ballastBytes = 0
        return configuration
    }
}
