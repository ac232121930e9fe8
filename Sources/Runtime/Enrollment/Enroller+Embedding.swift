import Compute
import VLM

/// The rows that were kept.
struct TrainedEmbedding: Sendable {
    let rows: Matrix
    let checkpoint: Int
    let initial: Float
    let final: Float
}

extension Enroller {
    /// Views of each photo an embedding is trained on, the photo itself included; one more is held back.
    static let embeddingViews = 4
    /// The training ends at a checkpoint whose cross-entropy on views held back is not below this share of the best
    /// before: what is learned from then on is the photos, not the concept.
    static let improvement: Float = 0.995

    /// The prefixes of all views, computed once, and the tokens of what may be said. Without augmentation every view
    /// trained on is the photo itself; the one held back is always turned, or it would be no test.
    func trainingMaterial(
        photos: [CheckedPhoto], texts: [PhotoText], identifier: String, request: EnrollmentRequest
    ) async throws -> [EmbeddingTrainer.Photo] {
        var generator = SeededGenerator(seed: request.seed ^ 0x7669_6577)
        var material: [EmbeddingTrainer.Photo] = []
        let prompt = try model.promptTokens(for: .caption(names: [identifier]))
        for (photo, text) in zip(photos, texts) {
            var prefixes = [try await compute.run(.training) { [model] in try model.prefix(for: photo.features) }]
            for _ in 0..<(request.augments ? Self.embeddingViews : 1) {
                let image = PictureViews.forEmbedding(photo.image, using: &generator)
                prefixes.append(
                    try await compute.run(.training) { [model] in try model.prefix(for: try model.features(of: image)) }
                )
            }
            let heldBack = prefixes.removeLast()
            var lessons = EmbeddingTrainer.Photo(
                views: prefixes, heldBack: heldBack,
                captions: try text.sentences.map { Lesson(prompt: prompt, target: try model.targetTokens(for: $0)) })
            lessons.questions = try text.questions.map { pair in
                Lesson(
                    prompt: try model.promptTokens(for: .question(pair.question, names: [identifier])),
                    target: try model.targetTokens(for: pair.answer))
            }
            material.append(lessons)
        }
        return material
    }

    /// Trains and keeps the checkpoint that does best on the views held back; ends early where they get no better.
    func trainEmbedding(
        _ material: [EmbeddingTrainer.Photo], settings: ConceptTrainingDefaults, identifier: String, classNoun: String,
        seed: UInt64, progress: @escaping @Sendable (EnrollmentProgress) -> Void
    ) async throws -> TrainedEmbedding {
        var trainer = try EmbeddingTrainer(
            model: model, settings: settings, photos: material,
            plainPrompt: try model.promptTokens(for: .caption(names: [])),
            words: model.tokens(of: " " + identifier) + model.tokens(of: " " + classNoun), seed: seed)
        let before = trainer
        let initial = try await compute.run(.training) { try before.heldBackCrossEntropy() }
        var best: TrainedEmbedding?
        let clock = ContinuousClock()
        let start = clock.now
        for step in 1...settings.steps {
            try Task.checkCancellation()
            let current = trainer
            let (next, loss) = try await compute.run(.training) {
                var next = current
                let loss = try next.step()
                return (next, loss)
            }
            trainer = next
            let total = loss.crossEntropy + loss.regularization
            guard total.isFinite else {
                throw RuntimeError(
                    .invalidArgument, "the training diverged at step \(step): lower the learning rate of \(identifier)")
            }
            let isCheckpoint = settings.checkpoints.contains(step) || step == settings.steps
            let sample =
                isCheckpoint
                ? try await compute.run(.training) { try next.sampleCaption(maximumTokens: Self.captionTokens) } : nil
            let elapsed = (clock.now - start) / .seconds(1)
            progress(
                .step(
                    TrainingStep(
                        step: step, steps: settings.steps, loss: total, crossEntropy: loss.crossEntropy,
                        regularization: loss.regularization,
                        secondsLeft: elapsed / Double(step) * Double(settings.steps - step), sample: sample)))
            guard isCheckpoint else { continue }
            let value = try await compute.run(.training) { try next.heldBackCrossEntropy() }
            let bar = (best?.final ?? .infinity) * Self.improvement
            if value < best?.final ?? .infinity {
                best = TrainedEmbedding(rows: next.rows, checkpoint: step, initial: initial, final: value)
            }
            if value >= bar, step < settings.steps {
                progress(.note("the views held back get no better: training ended at step \(step)"))
                break
            }
        }
        guard let best else {
            throw RuntimeError(.invalidArgument, "the training of \(identifier) gave no finite loss: check its photos")
        }
        return best
    }
}
