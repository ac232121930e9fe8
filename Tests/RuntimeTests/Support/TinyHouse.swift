import Runtime
import VLM
import VLMTestSupport

/// A runtime over the small random model, with pictures and concepts made for tests.
struct TinyHouse {
    static let user = "anna"

    let model: any ConceptTrainable & BranchingModel
    let source = InMemoryConceptSource()
    let vlm: PersonalizedVLM

    init(
        model: (any FrozenVLM)? = nil, source: (any ConceptSource)? = nil,
        configuration: RuntimeConfiguration = RuntimeConfiguration()
    ) throws {
        let given = try model ?? TinyVLM.make()
        guard let model = given as? any ConceptTrainable & BranchingModel else {
            throw RuntimeError(.unavailable, "a house needs a model that trains concepts and searches")
        }
        self.model = model
        vlm = try PersonalizedVLM(
            model: model,
            negatives: try NegativeFeatures(features: model.negatives.features, mean: model.negatives.mean), faces: nil,
            concepts: source ?? self.source, decodeImage: { try RGBImage(decoding: $0) }, configuration: configuration)
    }

    /// A picture large enough to enroll from.
    static func picture(of thing: UInt64, view: UInt64) -> RGBImage {
        TinyPicture.picture(of: thing, view: view).resized(width: 120, height: 90)
    }

    static func photos(of thing: UInt64, count: UInt64 = 3) throws -> [EnrollmentPhoto] {
        try (0..<count).map { view in
            EnrollmentPhoto(name: "\(thing)-\(view).png", bytes: try picture(of: thing, view: view).encodedPNG())
        }
    }

    func enroll(
        _ thing: UInt64, identifier: String = "Zibo", seed: UInt64 = 42,
        progress: @escaping @Sendable (EnrollmentProgress) -> Void = { _ in }
    ) async throws -> EnrolledConcept {
        try await vlm.enroller.enroll(
            EnrollmentRequest(
                kind: .object, identifier: identifier, classNoun: "cup", photos: try Self.photos(of: thing), seed: seed),
            progress: progress)
    }

    /// A thing whose head fires on its own first picture, with its concept. Random features cannot tell every thing
    /// from 64 negatives, so the first of a fixed sequence is taken.
    func recognisedThing(seed: UInt64 = 42) async throws -> (thing: UInt64, concept: EnrolledConcept) {
        for thing in UInt64(1_000_001)..<1_000_040 {
            let concept = try await enroll(thing, seed: seed)
            try await source.set(user: "probe", name: "cup", artifact: concept.artifact)
            let report = try await vlm.recognize(user: "probe", picture: Self.picture(of: thing, view: 0))
            if report.recognitions.contains(where: \.fired) { return (thing, concept) }
        }
        throw RuntimeError(.invalidArgument, "no thing of the sequence is recognised")
    }

    func caption(
        _ picture: RGBImage, user: String = TinyHouse.user, frozen: Bool = false, sampling: Sampling = Sampling()
    ) async throws -> AnswerEnd {
        var text = ""
        for try await event in vlm.answer(
            user: user, picture: picture, task: .caption, sampling: sampling, frozen: frozen)
        {
            switch event {
            case .text(let piece): text += piece
            case .end(let end):
                guard end.text == text else { throw RuntimeError(.invalidArgument, "pieces do not give the text") }
                return end
            }
        }
        throw RuntimeError(.invalidArgument, "the stream ended without its last event")
    }
}
