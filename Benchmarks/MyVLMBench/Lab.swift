import Foundation
import Runtime
import VLM

/// A runtime of its own over a model directory, without server or registry.
struct Lab {
    private let vlm: PersonalizedVLM
    private let source: InMemoryConceptSource
    private let seed: UInt64
    private let usesCaptions: Bool

    init(modelDirectory: String, seed: UInt64, usesCaptions: Bool) throws {
        let model = try VLMLoader.load(directory: modelDirectory)
        let source = InMemoryConceptSource()
        self.source = source
        self.seed = seed
        self.usesCaptions = usesCaptions
        vlm = try PersonalizedVLM(
            model: model, negatives: try NegativeFeatures(contentsOf: modelDirectory + "/bank.safetensors"),
            faces: try FaceAnalyzer(modelDirectory: modelDirectory), concepts: source,
            decodeImage: { try RGBImage(decoding: $0) })
    }

    /// Enrolls a thing and returns its artifact; `others` are artifacts the user already has.
    func enroll(_ thing: Thing, identifier: String, others: [[UInt8]]) async throws -> [UInt8] {
        let photos = try thing.enrolled.map {
            EnrollmentPhoto(
                name: $0.file.lastPathComponent, bytes: [UInt8](try Data(contentsOf: $0.file)),
                captions: usesCaptions ? $0.captions : [])
        }
        guard let kind = ConceptKind(rawValue: thing.kind) else {
            throw BenchError("\(thing.name) is of kind \(thing.kind); use object or person")
        }
        let request = EnrollmentRequest(
            kind: kind, identifier: identifier, classNoun: thing.classNoun, photos: photos, seed: seed,
            otherConcepts: others)
        return try await vlm.enroller.enroll(request) { _ in }.artifact
    }

    /// Gives a user a concept.
    func give(_ user: String, concept: String, artifact: [UInt8]) async throws {
        _ = try await source.set(user: user, name: concept, artifact: artifact)
    }

    /// The whole answer to a greedy caption request.
    func caption(of image: [UInt8], for user: String, frozen: Bool = false) async throws -> AnswerEnd {
        for try await event in vlm.answer(user: user, image: image, task: .caption, frozen: frozen) {
            if case .end(let end) = event { return end }
        }
        throw BenchError("an answer ended without its last event")
    }

    /// All of a user's heads on a picture.
    func recognize(_ image: [UInt8], for user: String) async throws -> RecognitionReport {
        try await vlm.recognize(user: user, image: image)
    }

    func shutDown() {
        vlm.shutdown()
    }
}
