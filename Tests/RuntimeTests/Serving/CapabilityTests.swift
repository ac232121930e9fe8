import Runtime
import Testing
import VLM
import VLMTestSupport

/// What a model cannot do is said before any work begins, and what it can do works.
@Suite(.timeLimit(.minutes(10))) struct CapabilityTests {
    private let vlm: PersonalizedVLM
    private let picture = TinyHouse.picture(of: 2_000_001, view: 0)

    init() throws {
        let model = try PlainVLM()
        vlm = try PersonalizedVLM(
            model: model, negatives: try NegativeFeatures(model.negatives), faces: nil,
            concepts: InMemoryConceptSource(), decodeImage: { try RGBImage(decoding: $0) })
    }

    private func text(_ sampling: Sampling) async throws -> String {
        var text = ""
        for try await event in vlm.answer(user: "anna", picture: picture, task: .caption, sampling: sampling) {
            if case .text(let piece) = event { text += piece }
        }
        return text
    }

    @Test func itAnswers() async throws {
        let house = try TinyHouse()
        let expected = try await house.caption(picture, sampling: Sampling(maximumTokens: 6)).text
        #expect(try await text(Sampling(maximumTokens: 6)) == expected)
    }

    @Test func aSearchIsRefused() async throws {
        let sampling = Sampling(maximumTokens: 6, search: try BeamSearch(beams: 2))
        let error = await #expect(throws: RuntimeError.self) { try await text(sampling) }
        #expect(error?.code == .unavailable && error?.message.contains("leave out the beams") == true)
    }

    /// Also by the words alone, which are checked before any photo is sent.
    @Test func anEnrollmentIsRefused() async throws {
        let words = EnrollmentWords(isPerson: false, identifier: "Zibo", classNoun: "mug", captions: [])
        let early = #expect(throws: RuntimeError.self) { try vlm.enroller.check(words) }
        #expect(early?.code == .unavailable && early?.message.contains("trains no concepts") == true)
        let request = EnrollmentRequest(
            kind: .object, identifier: "Zibo", classNoun: "mug", photos: try TinyHouse.photos(of: 1_000_001), seed: 1)
        let error = await #expect(throws: RuntimeError.self) {
            _ = try await vlm.enroller.enroll(request) { _ in Issue.record("work began") }
        }
        #expect(error?.code == .unavailable)
    }

    @Test func whatItDoesNotTellIsEmptyOrUnsupported() async throws {
        #expect(try await vlm.attention(user: "anna", picture: picture).isEmpty)
        let error = await #expect(throws: VLMError.self) { try await vlm.complete("Rewrite.", maximumTokens: 4) }
        #expect(error?.code == .unsupported)
    }
}
