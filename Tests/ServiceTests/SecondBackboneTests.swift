import Client
import Foundation
import Runtime
import Service
import Testing
import VLM
import VLMTestSupport

/// A BLIP-2 checkpoint behind the same server, and what becomes of its concepts when another model is served.
@Suite(.timeLimit(.minutes(10))) struct SecondBackboneTests {
    /// A fixture's folder with a bank of negatives beside it.
    private func withModel(_ name: String, _ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "second-\(UUID().uuidString)")
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "VLMTests/Fixtures/checkpoints-hub/\(name)/model")
        try FileManager.default.copyItem(at: fixture, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bare = try VLMLoader.load(directory: folder.path())
        let pooled = try (0..<12).map { try bare.features(of: TinyPicture.picture(of: 5_000_000 + $0)).pooled }
        try Data(NegativeBank(pooled: pooled).encoded()).write(to: folder.appending(path: NegativeBank.fileName))
        try await body(folder.path())
    }

    @Test(arguments: ["blip2-opt", "blip2-t5"]) func conceptsAreEnrolledServedAndNotMixedUp(_ name: String) async throws
    {
        try await withModel(name) { path in
            var setup = Harness.Setup()
            setup.model = { try VLMLoader.load(directory: path) }
            try await Harness.run(setup) { harness in
                let ann = try await harness.user("ann")
                let plain = try await ann.captioned(Harness.photo(1, 9))
                let enrolled = try await ann.enrolled(Harness.order("zibo"))
                #expect(enrolled.created && enrolled.version.modelDigest == plain.answer.modelDigest)
                let personal = try await ann.captioned(Harness.photo(1, 0))
                #expect(personal.answer.modelDigest == plain.answer.modelDigest)
                let frozen = try await ann.captioned(Harness.photo(1, 9), frozen: true)
                #expect(frozen.answer.text == plain.answer.text)
                // As BLIP-2 users caption: five beams.
                let searched = try await ann.captioned(
                    Harness.photo(1, 9),
                    sampling: SamplingOptions(maxTokens: 8, beam: BeamOptions(beams: 5, lengthPenalty: -1)))
                #expect(
                    (searched.answer.timings?.tokens ?? 99) <= 8 && searched.pieces.joined() == searched.answer.text)
                let both = await failure {
                    _ = try await ann.captioned(
                        Harness.photo(1, 9),
                        sampling: SamplingOptions(temperature: 1, beam: BeamOptions(beams: 5, lengthPenalty: 1)))
                }
                #expect(both?.code == .invalidArgument)
                let many = await failure {
                    _ = try await ann.captioned(
                        Harness.photo(1, 9), sampling: SamplingOptions(beam: BeamOptions(beams: 99, lengthPenalty: 1)))
                }
                #expect(many?.code == .invalidArgument && many?.message.contains("between 1 and 16") ?? false)
                await ann.close()

                // The same home behind another model: the concept stays, and its owner is told the way out.
                await harness.server.shutdown(grace: .seconds(2))
                var next = Harness.Setup()
                next.home = harness.home.path
                try await Harness.run(next) { other in
                    let ann = try other.client()
                    _ = try await ann.login(user: "ann", password: Harness.userPassword)
                    #expect(try await ann.concept("zibo").current.number == 1)
                    let skipped = try await ann.captioned(Harness.photo(1, 0)).answer.skipped
                    #expect(skipped.map(\.concept) == ["zibo"])
                    let reason = skipped.first?.reason ?? ""
                    #expect(reason.contains("vision_features"), "\(reason)")
                    #expect(reason.contains("`myvlm reenroll`") && reason.contains("no photos were kept"))
                    await ann.close()
                }
            }
        }
    }
}
