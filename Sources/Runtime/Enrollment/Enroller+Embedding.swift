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
    /// Tokens of the frozen model's own caption.
    static let captionTokens = 24
    /// Captions the frozen model gives each photo without captions of its owner.
    static let frozenCaptions = 4

    /// The sentences of each photo: its owner's, else the frozen model's caption with the concept in place of its
    /// noun; then the templates.
    func sentences(
        for photos: [CheckedPhoto], kind: ConceptKind, identifier: String, classNoun: String, seed: UInt64
    ) async throws -> [[String]] {
        let common = Sentences.fromTemplates(identifier: identifier)
        guard !common.isEmpty else {
            throw RuntimeError(
                .invalidArgument, "\"\(identifier)\" cannot be told from common words: choose a name like Zibo")
        }
        let people = ["man", "woman", "boy", "girl", "person", "child"]
        var all: [[String]] = []
        for photo in photos {
            var own = try photo.captions.map {
                try Sentences.sentence(of: $0, identifier: identifier, photo: photo.name)
            }
            if own.isEmpty {
                let nouns = [classNoun] + (kind == .person ? people : photo.features.tags.map(\.name))
                for caption in try await frozenCaptions(of: photo.features, seed: seed) {
                    let sentence = Sentences.personalised(caption, nouns: nouns, identifier: identifier)
                    if let sentence, !own.contains(sentence) { own.append(sentence) }
                }
            }
            // With captions of its own a photo needs the templates only as a reminder of the bare name.
            all.append(own.isEmpty ? common : own + common.prefix(1))
        }
        return all
    }

    /// What the frozen model says of a picture: its greedy caption, then sampled ones.
    private func frozenCaptions(of features: ImageFeatures, seed: UInt64) async throws -> [String] {
        let prefix = try await compute.run(.training) { [model] in try model.prefix(for: features) }
        let samplings = (0..<Self.frozenCaptions).map { draw in
            Sampling(temperature: draw == 0 ? 0 : 0.7, topP: 0.9, seed: seed &+ UInt64(draw))
        }
        return try await compute.run(.training) { [model] in
            let prompt = try model.promptTokens(for: .caption(names: []))
            let decodings = try samplings.map { _ in
                try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: Self.captionTokens)
            }
            return try TextCompletion.decode(
                model, decodings, samplings: samplings, maximumTokens: Self.captionTokens)
        }
    }

    /// The prefixes of all views, computed once, and the target tokens.
    func trainingMaterial(
        photos: [CheckedPhoto], sentences: [[String]], seed: UInt64
    ) async throws -> [EmbeddingTrainer.Photo] {
        var generator = SeededGenerator(seed: seed ^ 0x7669_6577)
        var material: [EmbeddingTrainer.Photo] = []
        for (photo, sentences) in zip(photos, sentences) {
            var prefixes = [try await compute.run(.training) { [model] in try model.prefix(for: photo.features) }]
            for _ in 0..<Self.embeddingViews {
                let image = PictureViews.forEmbedding(photo.image, using: &generator)
                prefixes.append(
                    try await compute.run(.training) { [model] in try model.prefix(for: try model.features(of: image)) }
                )
            }
            let heldBack = prefixes.removeLast()
            material.append(
                EmbeddingTrainer.Photo(
                    views: prefixes, heldBack: heldBack, targets: try sentences.map { try model.targetTokens(for: $0) })
            )
        }
        return material
    }

    /// Trains and keeps the checkpoint that does best on the views held back.
    func trainEmbedding(
        _ material: [EmbeddingTrainer.Photo], settings: ConceptTrainingDefaults, identifier: String, classNoun: String,
        seed: UInt64, progress: @escaping @Sendable (EnrollmentProgress) -> Void
    ) async throws -> TrainedEmbedding {
        var trainer = try EmbeddingTrainer(
            model: model, settings: settings, photos: material,
            prompt: try model.promptTokens(for: .caption(names: [identifier])),
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
            let elapsed = (clock.now - start) / .seconds(1)
            progress(
                .step(
                    TrainingStep(
                        step: step, steps: settings.steps, loss: total, crossEntropy: loss.crossEntropy,
                        regularization: loss.regularization,
                        secondsLeft: elapsed / Double(step) * Double(settings.steps - step))))
            if settings.checkpoints.contains(step) || step == settings.steps {
                let value = try await compute.run(.training) { try next.heldBackCrossEntropy() }
                if value < best?.final ?? .infinity {
                    best = TrainedEmbedding(rows: next.rows, checkpoint: step, initial: initial, final: value)
                }
            }
        }
        guard let best else {
            throw RuntimeError(.invalidArgument, "the training of \(identifier) gave no finite loss: check its photos")
        }
        return best
    }
}
