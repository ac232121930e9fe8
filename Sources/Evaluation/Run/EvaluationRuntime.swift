import LocalFiles
package import Runtime
import Synchronization
package import VLM

/// A runtime of its own over a model directory, without server or registry.
package struct EvaluationRuntime {
    /// An answer and the logits its first tokens were chosen from.
    struct ProbedAnswer {
        let end: AnswerEnd
        let firstLogits: [[Float]]

        /// The same text, length, ending and, number for number, the same first logits.
        func isSame(as other: ProbedAnswer) -> Bool {
            end.text == other.end.text && end.timings.tokens == other.end.timings.tokens
                && end.finish == other.end.finish && firstLogits.count == other.firstLogits.count
                && zip(firstLogits, other.firstLogits).allSatisfy { one, two in
                    one.count == two.count && zip(one, two).allSatisfy { $0.bitPattern == $1.bitPattern }
                }
        }
    }

    /// Tokens whose logits are kept for comparison.
    static let comparedTokens = 4

    let vlm: PersonalizedVLM
    private let source: InMemoryConceptSource

    package init(model: any FrozenVLM, negatives: NegativeFeatures, faces: FaceAnalyzer?) throws {
        let source = InMemoryConceptSource()
        self.source = source
        vlm = try PersonalizedVLM(
            model: model, negatives: negatives, faces: faces, concepts: source,
            decodeImage: { try RGBImage(decoding: $0) })
    }

    /// Over a model directory; without its face files no person can be evaluated. Throws `badInput` for a model that cannot
    /// be used.
    init(modelDirectory: String, options: LoadOptions = LoadOptions()) throws {
        let path = LocalPath(modelDirectory)
        guard FileStatus(path.appending("config.json")) != nil else {
            throw EvaluationError(
                .missing, "\(path.shown) holds no model: run Scripts/setup, or name another with --model")
        }
        let lent = try EvaluationError.reading { () throws(LocalFileError) in try LentName(path) }
        defer { withExtendedLifetime(lent) {} }
        let parts = try Self.parts(lent.text, options, shown: path.shown)
        try self.init(model: parts.model, negatives: parts.negatives, faces: parts.faces)
    }

    private static func parts(_ folder: String, _ options: LoadOptions, shown: String) throws -> ModelParts {
        do {
            return try ModelParts(directory: folder, options: options)
        } catch let error as VLMError {
            throw EvaluationError(.badInput, "the model in \(shown) cannot be used: \(error.message)", cause: error)
        } catch let error as RuntimeError {
            throw EvaluationError(.badInput, "the model in \(shown) cannot be used: \(error.message)", cause: error)
        }
    }

    /// How the model's concepts are trained. Throws `unavailable` for a model that trains none.
    private func trainingDefaults() throws -> ConceptTrainingDefaults {
        do {
            return try vlm.enroller.trainable.trainingDefaults
        } catch let error as RuntimeError {
            throw EvaluationError(.unavailable, error.message, cause: error)
        }
    }

    /// Enrolls photos of a thing and returns the artifact; `others` are artifacts the user already has.
    func enroll(
        _ thing: Thing, photos: [Thing.Photo], identifier: String, seed: UInt64, others: [[UInt8]],
        options: EvaluationOptions
    ) async throws -> [UInt8] {
        let photos = try photos.map {
            EnrollmentPhoto(
                name: $0.file.name.shown, bytes: try $0.bytes(),
                captions: options.usesCaptions ? $0.captions : [])
        }
        guard let kind = ConceptKind(rawValue: thing.kind) else {
            throw EvaluationError(.badInput, "\(thing.name) is of kind \(thing.kind); use object or person")
        }
        let request = EnrollmentRequest(
            kind: kind, identifier: identifier, classNoun: thing.classNoun, photos: photos, seed: seed,
            otherConcepts: others, training: options.training.applied(to: try trainingDefaults()),
            augments: options.augments)
        do {
            return try await vlm.enroller.enroll(request) { _ in }.artifact
        } catch let error as RuntimeError {
            throw EvaluationError(.badInput, "\(thing.name) cannot be enrolled: \(error.message)", cause: error)
        }
    }

    /// Gives a user a concept.
    func give(_ user: String, concept: String, artifact: [UInt8]) async throws {
        _ = try await source.set(user: user, name: concept, artifact: artifact)
    }

    /// Takes a user's concepts away.
    func clear(_ user: String) async {
        await source.clear(user: user)
    }

    /// The whole answer to a greedy caption request.
    func caption(
        of picture: RGBImage, for user: String, frozen: Bool = false, namesInPrompt: Bool = true
    ) async throws -> ProbedAnswer {
        let kept = LogitKeeper(limit: Self.comparedTokens)
        var probe = AnswerProbe()
        probe.namesInPrompt = namesInPrompt
        probe.onLogits = { kept.add($0) }
        for try await event in vlm.answer(
            user: user, picture: picture, task: .caption, frozen: frozen, probe: probe)
        {
            if case .end(let end) = event { return ProbedAnswer(end: end, firstLogits: kept.logits) }
        }
        throw EvaluationError(.unavailable, "an answer ended without its last event")
    }

    /// What everybody without concepts gets of a picture, the service's defaults included.
    func answer(_ task: AnswerTask, about picture: RGBImage) async throws -> String {
        for try await event in vlm.answer(user: "nobody", picture: picture, task: task) {
            if case .end(let end) = event { return end.text }
        }
        throw EvaluationError(.unavailable, "an answer ended without its last event")
    }

    /// All of a user's heads on a picture.
    func recognize(_ picture: RGBImage, for user: String) async throws -> RecognitionReport {
        try await vlm.recognize(user: user, picture: picture)
    }

    package func shutDown() {
        vlm.shutdown()
    }
}

/// The first logits of an answer.
private final class LogitKeeper: Sendable {
    private let limit: Int
    private let kept = Mutex<[[Float]]>([])

    init(limit: Int) { self.limit = limit }

    var logits: [[Float]] { kept.withLock { $0 } }

    func add(_ logits: [Float]) {
        kept.withLock { if $0.count < limit { $0.append(logits) } }
    }
}
