import Foundation
import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct EncryptionTests {
    @Test func nothingOfAnArtifactIsInTheFiles() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let result = try await harness.store.commit(enrollment("mug", "a secret embedding"), by: anna)
        for file in try FileManager.default.contentsOfDirectory(atPath: harness.directory) {
            let bytes = try await readAll(harness.directory + "/" + file)
            #expect(!contains(bytes, "secret embedding"), "\(file)")
        }
        let plain = try await harness.store.artifact(result.version.digest, of: anna.userID)
        #expect(plain == Array("artifact a secret embedding".utf8))
        let key = try FileManager.default.attributesOfItem(atPath: harness.directory + "/master.key")
        #expect(key[.posixPermissions] as? Int == 0o600)
    }

    /// Whatever is changed in a row, moved between rows or taken from another user is noticed.
    @Test(arguments: [
        "sealed = zeroblob(length(sealed))", "sealed = substr(sealed, 1, length(sealed) - 1)",
        "wrapped = randomblob(60)", "digest = substr(digest, 2) || substr(digest, 1, 1)",
    ])
    func changedRowsAreNoticed(change: String) async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let digest = try await harness.store.commit(enrollment("mug", "1"), by: anna).version.digest
        _ = try await harness.store.commit(enrollment("mug", "2"), by: anna)
        try harness.outside { (db: Database) throws -> Void in
            try db.execute(sql: "DROP TRIGGER artifact_is_immutable; PRAGMA foreign_keys = OFF;")
            try db.execute(sql: "UPDATE artifact SET \(change) WHERE digest = ?", arguments: [digest])
        }
        if change.hasPrefix("digest") {
            await expectError(.notFound) { try await harness.store.artifact(digest, of: anna.userID) }
        } else {
            await expectError(.dataLoss, "version 1 of mug") {
                try await harness.store.artifact(digest, of: anna.userID)
            }
        }
        let report = try await harness.store.scrub(by: .console)
        #expect(!report.isClean || change.hasPrefix("digest"))
        #expect(report.artifacts == 2)
        if !change.hasPrefix("digest") {
            #expect(report.damaged.map { "\($0.user) \($0.concept) \($0.version)" } == ["anna mug 1"])
        }
    }

    @Test func scrubbingASoundRegistryFindsNothing() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for number in 0..<40 { _ = try await harness.store.commit(enrollment("mug", "\(number)"), by: anna) }
        let report = try await harness.store.scrub(by: .console)
        #expect(report.isClean && report.artifacts == 40 && report.bytes == 30 * 11 + 10 * 10)
        await expectError(.permissionDenied) { try await harness.store.scrub(by: .principal(anna)) }
    }

    @Test func withoutItsMasterKeyARegistryIsRefused() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let digest = try await harness.store.commit(enrollment("mug", "1"), by: anna).version.digest
        try harness.store.close()
        let path = harness.directory + "/master.key"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let key = try MasterKey(text: text.trimmingCharacters(in: .whitespacesAndNewlines))
        var other = harness.configuration
        other.masterKey = .keys([try MasterKey.make()])
        await expectError(.failedPrecondition, key.id) { try RegistryStore(other) }
        chmod(path, 0o644)
        await expectError(.failedPrecondition, "chmod 600") { try RegistryStore(harness.configuration) }
        try FileManager.default.removeItem(atPath: path)
        await expectError(.failedPrecondition, "is missing") { try RegistryStore(harness.configuration) }
        #expect(!FileManager.default.fileExists(atPath: path), "a new key would hide that the old one is lost")
        other.masterKey = .keys([key])
        let store = try RegistryStore(other)
        #expect(try await store.artifact(digest, of: anna.userID) == Array("artifact 1".utf8))
        try store.close()
        await expectError(.invalidArgument) { try MasterKey(text: "abc") }
        await expectError(.invalidArgument) { try MasterKey(bytes: [1, 2, 3]) }
    }

    @Test func rotatingWrapsKeysAndTouchesNoArtifact() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        _ = try await harness.user("ben")
        let digest = try await store.commit(enrollment("mug", "1"), by: anna).version.digest
        func sealed() throws -> [Data] {
            var found: [Data] = []
            try harness.outside { (db: Database) throws -> Void in
                found = try Data.fetchAll(db, sql: "SELECT wrapped || sealed FROM artifact")
            }
            return found
        }
        let (path, artifacts) = (harness.directory + "/master.key", try sealed())
        let old = try MasterKeyFile.read(path)
        #expect(try await store.rotateMasterKey(file: path) == 2)
        let new = try MasterKeyFile.read(path)
        #expect(new.id != old.id && !FileManager.default.fileExists(atPath: MasterKeyFile.next(path)))
        #expect(try sealed() == artifacts)
        #expect(try await store.artifact(digest, of: anna.userID) == Array("artifact 1".utf8))
        // Accounts made after it are wrapped under the new key.
        _ = try await harness.user("eve")
        try store.close()
        var configuration = harness.configuration
        configuration.masterKey = .keys([old])
        await expectError(.failedPrecondition, new.id) { try RegistryStore(configuration) }
        let again = try RegistryStore(harness.configuration)
        #expect(try await again.artifact(digest, of: anna.userID) == Array("artifact 1".utf8))
        try again.close()
    }

    /// The two places a crash can leave a rotation in: before the keys were wrapped, and after.
    @Test(arguments: [false, true])
    func aRotationThatWasCutShortIsMended(wrapped: Bool) async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let digest = try await harness.store.commit(enrollment("mug", "1"), by: anna).version.digest
        let path = harness.directory + "/master.key"
        let (old, new) = (try MasterKeyFile.read(path), try MasterKey.make())
        try MasterKeyFile.create(MasterKeyFile.next(path), new)
        if wrapped { _ = try await harness.store.rewrapDataKeys(under: new) }
        try harness.store.close()
        let store = try RegistryStore(harness.configuration)
        #expect(try MasterKeyFile.read(path) == (wrapped ? new : old))
        #expect(FileManager.default.fileExists(atPath: MasterKeyFile.next(path)) == !wrapped)
        #expect(try await store.artifact(digest, of: anna.userID) == Array("artifact 1".utf8))
        // Asked again it goes through.
        _ = try await store.rotateMasterKey(file: path)
        #expect(try await store.artifact(digest, of: anna.userID) == Array("artifact 1".utf8))
        if !wrapped { #expect(try MasterKeyFile.read(path) == new) }
        try store.close()
    }
}
