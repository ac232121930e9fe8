import Foundation
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct BackupTests {
    @Test func aBackupMadeWhileServingRestoresThatMoment() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let old = try await harness.login("anna")
        for number in 1...5 { _ = try await store.commit(enrollment("mug", "\(number)"), by: anna) }
        let before = try await store.conceptSet(of: anna.userID)
        // Writers go on while the copy is made.
        let writer = Task {
            for number in 0..<40 { _ = try await store.commit(enrollment("cup", "\(number)"), by: anna) }
        }
        let folder = harness.directory + "/backup"
        let manifest = try await store.createBackup(folder, by: .console)
        try await writer.value
        #expect(manifest.users == 1 && manifest.artifacts >= 5 && manifest.masterKeys.count == 1)
        await expectError(.alreadyExists) { try await store.createBackup(folder, by: .console) }
        await expectError(.permissionDenied) { try await store.createBackup(folder + "2", by: .principal(anna)) }
        _ = try await store.deleteConcept("mug", by: anna)
        try await store.logout(try await store.authenticate(old.token))
        let last = try await store.conceptSet(of: anna.userID).revision
        await expectError(.failedPrecondition, "in use") {
            try RegistryStore.restoreBackup(folder, into: harness.configuration)
        }
        try store.close()
        #expect(try RegistryStore.restoreBackup(folder, into: harness.configuration) == manifest)
        let restored = try RegistryStore(harness.configuration)
        let after = try await restored.conceptSet(of: anna.userID)
        #expect(after.items.first { $0.concept == "mug" } == before.items[0])
        #expect(after.revision > last && after.revision > 1_000_000_000)
        // Watchers of before are told to begin anew; those of now hear everything.
        await expectError(.compacted) { try await restored.changes(of: anna.userID, after: last) }
        #expect(try await restored.changes(of: anna.userID, after: after.revision).events.isEmpty)
        // A revoked token does not come back, nor does any other.
        await expectError(.unauthenticated) { try await restored.authenticate(old.token) }
        _ = try await restored.login(name: "anna", password: Harness.password, address: "a")
        guard case .intact = try await restored.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
        #expect(FileManager.default.fileExists(atPath: harness.databasePath + ".before-restore"))
        try restored.close()
    }

    @Test func damagedBackupsAreRefusedAndNothingChanges() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "1"), by: anna)
        let folder = harness.directory + "/backup"
        _ = try await harness.store.createBackup(folder, by: .console)
        try harness.store.close()
        let key = MasterKeySource.file(harness.directory + "/master.key")
        #expect(try RegistryStore.verifyBackup(folder, masterKey: key).concepts == 1)
        await expectError(.failedPrecondition, "wrapped by the master key") {
            try RegistryStore.verifyBackup(folder, masterKey: .keys([try MasterKey.make()]))
        }
        await expectError(.notFound, "not a backup") {
            try RegistryStore.verifyBackup(harness.directory, masterKey: key)
        }
        let live = try await readAll(harness.databasePath)
        let url = URL(filePath: folder + "/registry.sqlite")
        var bytes = try Data(contentsOf: url)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: url)
        await expectError(.dataLoss, "not what its manifest says") {
            try RegistryStore.restoreBackup(folder, into: harness.configuration)
        }
        let manifest = URL(filePath: folder + "/manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        try Data(text.replacing(/"format" : 1/, with: "\"format\" : 9").utf8).write(to: manifest)
        await expectError(.schemaTooNew, "format 9") {
            try RegistryStore.restoreBackup(folder, into: harness.configuration)
        }
        #expect(try await readAll(harness.databasePath) == live)
    }

    /// The journal of erasures outlives every restore.
    @Test func erasuresOutliveARestore() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for name in ["Grandmother", "mug"] { _ = try await harness.store.commit(enrollment(name, name), by: anna) }
        let folder = harness.directory + "/backup"
        _ = try await harness.store.createBackup(folder, by: .console)
        _ = try await harness.store.eraseConcept("grandmother", by: anna)
        try harness.store.close()
        _ = try RegistryStore.restoreBackup(folder, into: harness.configuration)
        let restored = try RegistryStore(harness.configuration)
        #expect(try await restored.conceptSet(of: anna.userID).items.map(\.concept) == ["mug"])
        #expect(try await !contains(readAll(harness.databasePath), "Grandmother"))
        try restored.close()
    }

    /// A killed backup left a folder that was never listed, never removed, and whose name could not be used again.
    @Test func whatAKilledBackupLeavesIsSwept() async throws {
        let harness = try Harness()
        let folder = harness.directory + "/backups"
        try FileManager.default.createDirectory(
            atPath: folder + "/.making-0123456789abcdef", withIntermediateDirectories: true)
        try Data("half a copy".utf8).write(to: URL(filePath: folder + "/.making-0123456789abcdef/registry.sqlite"))
        // As earlier releases left them; and somebody's own folder.
        for name in ["monday", "mine"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        try Data("half a copy".utf8).write(to: URL(filePath: folder + "/monday/registry.sqlite"))
        try Data("notes".utf8).write(to: URL(filePath: folder + "/mine/notes.txt"))
        let good = try await harness.store.createBackup(folder + "/good", by: .console)
        #expect(harness.store.sweepBackups(in: folder) == ["mine", "monday"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["good", "mine", "monday"])
        // The name serves again; what is somebody else's stays.
        _ = try await harness.store.createBackup(folder + "/monday", by: .console)
        await expectError(.alreadyExists, "choose another name") {
            try await harness.store.createBackup(folder + "/mine", by: .console)
        }
        #expect(try String(contentsOfFile: folder + "/mine/notes.txt", encoding: .utf8) == "notes")
        #expect(harness.store.sweepBackups(in: folder) == ["mine"])
        #expect(try BackupManifest.read(folder + "/good") == good)
    }

    /// A backup that fails half-way leaves neither its name nor its copy, and one that is being made is not swept.
    @Test func aBackupThatFailsLeavesNothing() async throws {
        let harness = try Harness()
        let root = try await harness.user("root", role: .admin)
        let folder = harness.directory + "/backups"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await harness.store.logout(root)
        await expectError(.unauthenticated) {
            try await harness.store.createBackup(folder + "/one", by: .principal(root))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}
