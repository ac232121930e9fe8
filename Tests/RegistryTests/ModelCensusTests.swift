import Foundation
import GRDB
import Registry
import Testing

/// Whom another model would leave behind, told without disturbing a server that has the registry open.
@Suite(.timeLimit(.minutes(10))) struct ModelCensusTests {
    private static let other = String(repeating: "cd", count: 32)

    private func put(
        _ concept: String, _ content: String, model: String = modelDigest, photos: [String] = [], in harness: Harness,
        by user: Principal
    ) async throws {
        var commit = enrollment(concept, content)
        commit.modelDigest = model
        commit.photos = photos.map { ("\($0).jpg", Array("pixels of \($0)".utf8)) }
        _ = try await harness.store.commit(commit, by: user)
    }

    /// Anna has three concepts of the old model, one of them with photos of its current version, and one of the new one;
    /// Ben's photos are of a version that is not current.
    private func filled() async throws -> Harness {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        _ = try await harness.user("cleo")
        try await put("mug", "1", photos: ["front"], in: harness, by: anna)
        try await put("mug", "2", photos: ["back"], in: harness, by: anna)
        try await put("dog", "3", in: harness, by: anna)
        try await put("cat", "4", in: harness, by: anna)
        try await put("toy", "5", in: harness, by: anna)
        try await put("toy", "6", model: Self.other, photos: ["toy"], in: harness, by: anna)
        try await put("gone", "7", photos: ["gone"], in: harness, by: anna)
        _ = try await harness.store.deleteConcept("gone", by: anna)
        try await put("cup", "8", photos: ["cup"], in: harness, by: ben)
        try await put("cup", "9", in: harness, by: ben)
        return harness
    }

    private func check(_ harness: Harness, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let census = try ModelCensus(directory: harness.directory, model: Self.other)
        #expect(census.users.map(\.name) == ["anna", "ben"], sourceLocation: sourceLocation)
        #expect(census.users.map(\.concepts) == [4, 1], sourceLocation: sourceLocation)
        #expect(census.users.map(\.leftBehind) == [3, 1], sourceLocation: sourceLocation)
        #expect(census.users.map(\.withPhotos) == [1, 0], sourceLocation: sourceLocation)
        #expect(
            census.concepts == 5 && census.leftBehind == 4 && census.withPhotos == 1 && census.usersLeftBehind == 2,
            sourceLocation: sourceLocation)
        let back = try ModelCensus(directory: harness.directory, model: modelDigest)
        #expect(
            back.leftBehind == 1 && back.withPhotos == 1 && back.usersLeftBehind == 1, sourceLocation: sourceLocation)
    }

    @Test func currentVersionsOfAnotherModelAreCountedByUser() async throws {
        let harness = try await filled()
        try check(harness)
        // Somebody who is let back in finds the same concepts.
        _ = try await harness.store.setSuspended(true, name: "anna", by: .console)
        try check(harness)
        try harness.store.close()
        try check(harness)
        // Whoever looked is not in the way of the next start.
        let next = try RegistryStore(harness.configuration)
        try check(harness)
        try next.close()
    }

    @Test func whatIsNoRegistryIsTold() async throws {
        await expectError(.notFound, "registry.sqlite") {
            try ModelCensus(directory: Harness.newDirectory(), model: Self.other)
        }
        let harness = try await filled()
        try harness.store.close()
        // A log that vanished: reading would make an empty one in its place.
        let mark = harness.directory + "/running"
        #expect(FileManager.default.createFile(atPath: mark, contents: nil))
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: harness.databasePath + end) }
        await expectError(.dataLoss, "registry.sqlite-wal is missing") {
            try ModelCensus(directory: harness.directory, model: Self.other)
        }
        #expect(!FileManager.default.fileExists(atPath: harness.databasePath + "-wal"))
        try FileManager.default.removeItem(atPath: mark)
        try harness.outside { db in try db.execute(sql: "PRAGMA user_version = \(Schema.version - 1)") }
        await expectError(.failedPrecondition, "schema \(Schema.version - 1)") {
            try ModelCensus(directory: harness.directory, model: Self.other)
        }
        try Data(String(repeating: "a letter ", count: 2_000).utf8).write(to: URL(filePath: harness.databasePath))
        await expectError(.dataLoss) { try ModelCensus(directory: harness.directory, model: Self.other) }
    }
}
