import Foundations
import VLM

extension Enroller {
    /// Views of each photo an embedding is trained on, the photo itself included; one more is held back.
    static let embeddingViews = 4

    /// The prefixes of all views, computed once, and the tokens of what may be said. Without augmentation every view
    /// trained on is the photo itself; the one held back is always turned, or it would be no test.
    func trainingMaterial(
        photos: [CheckedPhoto], texts: [PhotoText], identifier: String, request: EnrollmentRequest
    ) async throws -> [EmbeddingTrainer.Photo] {
        var generator = SplitMix64(seed: request.seed ^ 0x7669_6577)
        var material: [EmbeddingTrainer.Photo] = []
        let model = try trainable
        let prompt = try model.promptTokens(for: .caption(names: [identifier]))
        for (photo, text) in zip(photos, texts) {
            var prefixes = [try await compute.run(.training) { try model.prefix(for: photo.features) }]
            for _ in 0..<(request.augments ? Self.embeddingViews : 1) {
                let (prefix, next) = try await compute.run(.training) { [generator] in
                    var generator = generator
                    let image = PictureViews.forEmbedding(photo.viewSource, using: &generator)
                    return (try model.prefix(for: try model.features(of: image)), generator)
                }
                generator = next
                prefixes.append(prefix)
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
        let model = try trainable
        let trainer = try EmbeddingTrainer(
            model: model, settings: settings, photos: material,
            plainPrompt: try model.promptTokens(for: .caption(names: [])),
            words: model.tokens(of: " " + identifier) + model.tokens(of: " " + classNoun), seed: seed)
        return try await training.run(
            EmbeddingTraining(trainer: trainer, identifier: identifier, progress: progress))
    }
}
