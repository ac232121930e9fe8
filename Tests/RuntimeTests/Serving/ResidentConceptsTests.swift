import Runtime
import Testing
import VLM

@Suite struct ResidentConceptsTests {
    @Test func bytesUnderAWrongDigestAreNeverUsed() async throws {
        let maker = try TinyHouse()
        let artifact = try await maker.enroll(1_000_001).artifact
        let entry = ConceptEntry(name: "cup", version: 1, digest: String(repeating: "0", count: 64)) { artifact }
        let house = try TinyHouse(source: FixedSource(entries: [entry]))
        await #expect {
            try await house.vlm.recognize(user: TinyHouse.user, picture: TinyHouse.picture(of: 1, view: 0))
        } throws: {
            ($0 as? RuntimeError)?.code == .artifactMalformed
        }
    }

    @Test func artifactsOfAnotherModelAreNamed() async throws {
        let artifact = try await TinyHouse(model: try TinyModels.other()).enroll(1_000_001).artifact
        let house = try TinyHouse()
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: artifact)
        await #expect {
            try await house.vlm.recognize(user: TinyHouse.user, picture: TinyHouse.picture(of: 1, view: 0))
        } throws: {
            ($0 as? RuntimeError)?.code == .modelMismatch
        }
    }

    /// A budget for some of the concepts: counted bytes stay within it and what was dropped comes back when asked for.
    @Test func memoryStaysWithinItsBudget() async throws {
        var configuration = RuntimeConfiguration()
        configuration.residentBytes = 4000
        let house = try TinyHouse(configuration: configuration)
        let artifact = try await house.enroll(1_000_001).artifact
        let picture = TinyHouse.picture(of: 1_000_001, view: 0)
        for user in 0..<40 {
            // Another seed would take long: the same head under another manifest is another artifact.
            let other = try ConceptArtifact(decoding: artifact).renamed("Zibo\(user)").encoded()
            try await house.source.set(user: "user \(user)", name: "cup", artifact: other)
            _ = try await house.vlm.recognize(user: "user \(user)", picture: picture)
            #expect(await house.vlm.statistics().residentBytes <= 4000)
        }
        let statistics = await house.vlm.statistics()
        #expect(statistics.residentMisses == 40)
        #expect(statistics.residentEvictions == UInt64(40 - statistics.residentConcepts))
        let again = try await house.vlm.recognize(user: "user 0", picture: picture)
        #expect(again.recognitions.map(\.identifier) == ["Zibo0"])
    }
}

/// A set that never changes.
private struct FixedSource: ConceptSource {
    let entries: [ConceptEntry]

    func snapshot(of user: String) async throws -> ConceptSetSnapshot {
        try ConceptSetSnapshot(revision: 1, entries: entries)
    }
}
