import Foundation
import Registry
import Testing

@Suite struct BackupTests {
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
        await expectError(.notFound, "no backup") {
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
}
