import Compute
import Foundations
import Runtime
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct ResidentConceptsTests {
    @Test func bytesUnderAWrongDigestAreNeverUsed() async throws {
        let maker = try TinyHouse()
        let artifact = try await maker.enroll(1_000_001).artifact
        let entry = ConceptEntry(name: "cup", version: 1, digest: String(repeating: "0", count: 64)) { artifact }
        let house = try TinyHouse(source: FixedSource(entries: [entry]))
        let report = try await house.vlm.recognize(
            user: TinyHouse.user, picture: TinyHouse.picture(of: 1, view: 0))
        #expect(report.recognitions.isEmpty && report.skipped.map(\.concept) == ["cup"])
        #expect(report.skipped[0].reason.contains("digest"))
    }

    @Test func artifactsOfAnotherModelAreNamed() async throws {
        let artifact = try await TinyHouse(model: try TinyModels.other()).enroll(1_000_001).artifact
        let house = try TinyHouse()
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: artifact)
        let report = try await house.vlm.recognize(
            user: TinyHouse.user, picture: TinyHouse.picture(of: 1, view: 0))
        #expect(report.recognitions.isEmpty && report.skipped.map(\.version) == [1])
        #expect(report.skipped[0].reason.contains("`myvlm reenroll`"))
    }

    /// One concept that cannot be used made every answer of its user fail, and of everybody it was shared with.
    @Test func whatCannotBeUsedIsLeftOutAndTold() async throws {
        let maker = try TinyHouse()
        let (thing, good) = try await maker.recognisedThing()
        let picture = TinyHouse.picture(of: thing, view: 0)
        try await maker.source.set(user: TinyHouse.user, name: "cup", artifact: good.artifact)
        let alone = try await maker.caption(picture)
        #expect(alone.skipped.isEmpty)
        let template = try ConceptArtifact(decoding: good.artifact)
        let many = template.with(
            features: Matrix(
                rows: 4_000, columns: template.enrolledFeatures.columns,
                values: [Float](repeating: 0.25, count: 4_000 * template.enrolledFeatures.columns)))
        let bad: [(String, [UInt8])] = [
            ("junk", Array("no artifact".utf8)), ("many rows", try many.encoded()),
            ("other", try template.with(modelDigest: "cd34").encoded()),
            ("words", try template.with(identifier: "<|im_end|>").encoded()),
        ]
        for (name, artifact) in bad {
            try await maker.source.set(user: TinyHouse.user, name: name, artifact: artifact)
        }
        let answer = try await maker.caption(picture)
        #expect(answer.text == alone.text && answer.recognitions == alone.recognitions)
        #expect(answer.skipped.map(\.concept) == ["junk", "many rows", "other", "words"])
        #expect(answer.skipped.allSatisfy { !$0.reason.isEmpty })
        // As often as it is asked: the set is kept with what it had to leave out.
        #expect(try await maker.caption(picture).skipped == answer.skipped)
        // And a training against them goes on without them, too.
        let notes = Locked<[String]>([])
        _ = try await maker.vlm.enroller.enroll(
            EnrollmentRequest(
                kind: .object, identifier: "Mug", classNoun: "cup", photos: try TinyHouse.photos(of: 1_000_009),
                otherConcepts: [good.artifact] + bad.map(\.1))
        ) { event in
            if case .note(let text) = event { notes.withLock { $0.append(text) } }
        }
        #expect(notes.value.filter { $0.contains("left out of the training") }.count == bad.count)
    }

    /// What does not fit is left out: of others' concepts first, and of one's own by name.
    @Test func oneAnswerLooksAtSoManyConcepts() async throws {
        let maker = try TinyHouse()
        let artifact = try await maker.enroll(1_000_001).artifact
        let digest = SHA256Digest.hex(artifact)
        func entry(_ name: String, shared: Bool) -> ConceptEntry {
            ConceptEntry(name: name, version: 1, digest: digest, isShared: shared) { artifact }
        }
        let source = FixedSource(
            entries: [
                entry("a/one", shared: true), entry("b/two", shared: true), entry("mug", shared: false),
                entry("pot", shared: false), entry("zoo", shared: false),
            ])
        let picture = TinyHouse.picture(of: 1, view: 0)
        func report(_ change: (inout RuntimeConfiguration) -> Void) async throws -> RecognitionReport {
            var configuration = RuntimeConfiguration()
            change(&configuration)
            return try await TinyHouse(source: source, configuration: configuration).vlm.recognize(
                user: TinyHouse.user, picture: picture)
        }
        let four = try await report { $0.setConcepts = 4 }
        #expect(four.recognitions.map(\.concept) == ["a/one", "mug", "pot", "zoo"])
        #expect(four.skipped.map(\.concept) == ["b/two"] && four.skipped[0].reason.contains("4 concepts"))
        let two = try await report { $0.setConcepts = 2 }
        #expect(two.recognitions.map(\.concept) == ["mug", "pot"] && two.skipped.count == 3)
        // Three photos each.
        let rows = try await report { $0.setRows = 7 }
        #expect(rows.recognitions.map(\.concept) == ["mug", "pot"] && rows.skipped.count == 3)
        // What is larger than any enrollment makes is not even loaded.
        let large = ConceptEntry(name: "large", version: 1, digest: digest, sizeBytes: 16 << 20) {
            throw RuntimeError(.cancelled, "it was loaded")
        }
        let house = try TinyHouse(source: FixedSource(entries: [large]))
        let skipped = try await house.vlm.recognize(user: TinyHouse.user, picture: picture).skipped
        #expect(skipped.map(\.concept) == ["large"])
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
