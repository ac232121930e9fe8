import Foundation
import Registry
import Testing

@Suite struct FullDiskTests {
    /// The database may have 100 pages of 4 KiB: a disk that is full on every machine.
    @Test func fullDiskRefusesEnrollmentsButNotRollbackAndDelete() async throws {
        let harness = try Harness {
            $0.maximumPages = 100
            $0.tokens.tokensPerUser = 10_000
        }
        let anna = try await harness.user("anna")
        let store = harness.store
        var committed = 0
        var refused: RegistryError?
        while refused == nil {
            var large = enrollment("mug \(committed / 4)", "")
            large.artifact =
                [UInt8](repeating: UInt8(truncatingIfNeeded: committed), count: 10_000) + [UInt8(committed & 1)]
            do { _ = try await store.commit(large, by: anna) } catch let error as RegistryError { refused = error }
            committed += 1
        }
        let error = try #require(refused)
        #expect(error.code == .storageFull && error.message.contains("free space"), "\(error)")
        let before = try await store.conceptSet(of: anna.userID)
        #expect(before.revision == UInt64(committed - 1), "the refused commit left something")
        #expect(FileManager.default.fileExists(atPath: harness.directory + "/ballast"))
        // Fill the last corner with rows that are not essential.
        var cornerFull: RegistryError?
        while cornerFull == nil {
            do { _ = try await store.createToken(for: anna, label: String(repeating: "x", count: 64)) } catch let error
                as RegistryError
            { cornerFull = error }
        }
        #expect(cornerFull?.code == .storageFull)
        // Each rollback adds rows, so that the room left runs out on the way: none may fail all the same.
        for step in 0..<200 { _ = try await store.rollback("mug 0", to: 1 + step % 2, by: anna) }
        for number in 0..<before.items.count { try await store.deleteConcept("mug \(number)", by: anna) }
        #expect(!FileManager.default.fileExists(atPath: harness.directory + "/ballast"))
        #expect(try await store.conceptSet(of: anna.userID).items == [])
        #expect(try await store.maintain().ballastIsWhole)
        #expect(FileManager.default.fileExists(atPath: harness.directory + "/ballast"))
        guard case .intact = try await store.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
    }
}
