import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExportTests {
    @Test func anImportIsWhatWasExported() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        for number in 1...6 {
            harness.clock.advance(1_000)
            _ = try await store.commit(enrollment("mug", "\(number)"), by: anna)
        }
        _ = try await store.setAlias("best", of: "mug", to: .number(2), by: anna)
        _ = try await store.protectAlias("best", of: "mug", true, by: anna)
        _ = try await store.promote("mug", to: .number(5), by: anna)
        _ = try await store.setRetention("mug", keepLast: 1, by: anna)
        let export = try await store.export(of: anna)
        #expect(export.concepts.count == 1 && export.concepts[0].versions.map(\.number) == [2, 5, 6])
        #expect(export.digests.count == 3)
        var artifacts: [String: [UInt8]] = [:]
        for digest in export.digests { artifacts[digest] = try await store.artifact(digest, of: anna.userID) }
        let concept = export.concepts[0]
        _ = try await store.taken(concept, artifacts: artifacts, by: ben)
        #expect(try await store.export(of: ben).concepts == export.concepts)
        // Numbers go on after the largest.
        #expect(try await store.commit(enrollment("mug", "7"), by: ben).version.number == 7)
        await expectError(.alreadyExists) { try await store.taken(concept, artifacts: artifacts, by: ben) }
        let eve = try await harness.user("eve")
        await expectError(.invalidArgument, "lacks an artifact") {
            try await store.taken(concept, artifacts: [:], by: eve)
        }
        artifacts[concept.versions[0].digest]?[0] ^= 1
        await expectError(.dataLoss, "an artifact of the export is damaged") {
            try await store.taken(concept, artifacts: artifacts, by: eve)
        }
        #expect(try await store.concepts(of: eve.userID).concepts.isEmpty)
    }
}
