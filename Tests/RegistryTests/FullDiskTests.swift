import Foundation
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct FullDiskTests {
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

    /// A disk that is really full: `MYVLM_SMALL_DISK` names a folder on a file system of 2 to 8 MiB, a tmpfs say.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["MYVLM_SMALL_DISK"] != nil))
    func reallyFullDiskRefusesEnrollmentsButNotRollbackAndDelete() async throws {
        let disk = try #require(ProcessInfo.processInfo.environment["MYVLM_SMALL_DISK"])
        let harness = try Harness(under: disk) { $0.quotas.conceptsPerUser = 100_000 }
        let anna = try await harness.user("anna")
        let store = harness.store
        for number in 0..<2 { _ = try await store.commit(enrollment("mug", "\(number)"), by: anna) }
        var refused: RegistryError?
        var committed: UInt64 = 2
        while refused == nil {
            var large = enrollment("cup \(committed)", "")
            large.artifact = [UInt8](repeating: UInt8(truncatingIfNeeded: committed), count: 10_000)
            do { _ = try await store.commit(large, by: anna) } catch let error as RegistryError { refused = error }
            if refused == nil { committed += 1 }
        }
        #expect(refused?.code == .storageFull)
        // What stands beside the database takes the last corner too.
        let filler = disk + "/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: filler))
        for size in [65_536, 4_096, 512, 1] {
            do { while true { try handle.write(contentsOf: Data(repeating: 1, count: size)) } } catch {}
        }
        defer { try? FileManager.default.removeItem(atPath: filler) }
        for step in 0..<300 { _ = try await store.rollback("mug", to: 1 + step % 2, by: anna) }
        #expect(!FileManager.default.fileExists(atPath: harness.directory + "/ballast"))
        for item in try await store.conceptSet(of: anna.userID).items {
            let size = try await store.versions(of: item.concept, userID: anna.userID)
                .first { $0.number == item.number }?.sizeBytes
            #expect(try await store.artifact(item.digest, of: anna.userID).count == size)
            try await store.deleteConcept(item.concept, by: anna)
        }
        guard case .intact = try await store.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
    }

    /// A server did not start on a full disk, although its ballast was whole. Needs `MYVLM_SMALL_DISK` as above.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["MYVLM_SMALL_DISK"] != nil))
    func aReallyFullDiskDoesNotKeepTheRegistryClosed() async throws {
        let disk = try #require(ProcessInfo.processInfo.environment["MYVLM_SMALL_DISK"])
        let harness = try Harness(under: disk)
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "1"), by: anna)
        try harness.store.close()
        let filler = disk + "/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: filler))
        for size in [65_536, 4_096, 512, 1] {
            do { while true { try handle.write(contentsOf: Data(repeating: 1, count: size)) } } catch {}
        }
        defer { try? FileManager.default.removeItem(atPath: filler) }
        let again = try RegistryStore(harness.configuration)
        #expect(try await again.conceptSet(of: anna.userID).items.map(\.concept) == ["mug"])
        // What a start writes beside the database finds room too.
        try again.makingRoom { try Data("here".utf8).write(to: URL(filePath: harness.directory + "/endpoint")) }
        try await again.deleteConcept("mug", by: anna)
        #expect(try await !again.maintain().ballastIsWhole)
        try handle.close()
        try FileManager.default.removeItem(atPath: filler)
        // With space again the ballast is made again.
        #expect(try await again.maintain().ballastIsWhole)
        try again.close()
    }

    /// The same rule on every machine: what has to be written gets the ballast's room, once, and only on a full disk.
    @Test func theBallastGivesItsRoomToWhatMustBeWritten() throws {
        let harness = try Harness()
        let ballast = harness.directory + "/ballast"
        #expect(FileManager.default.fileExists(atPath: ballast))
        struct Other: Error {}
        #expect(throws: Other.self) { try harness.store.makingRoom { throw Other() } }
        #expect(FileManager.default.fileExists(atPath: ballast), "given up for an error that is none of the disk's")
        var tries = 0
        let written = try harness.store.makingRoom {
            tries += 1
            guard tries > 1 else { throw RegistryError(.storageFull, "the disk is full") }
            return FileManager.default.fileExists(atPath: ballast)
        }
        #expect(tries == 2 && !written)
        // Nothing left to give: the error is told.
        #expect(throws: RegistryError.self) {
            try harness.store.makingRoom { throw RegistryError(.storageFull, "the disk is full") }
        }
    }
}
