import Runtime

/// What each part of the embedding's training is worth: the same heads with embeddings trained without it (MyVLM, Tables
/// 2 and 5).
public struct AblationStudy: Sendable {
    /// One way to train.
    public enum Variant: String, CaseIterable, Sendable, Encodable {
        /// As the model's defaults say, on all enrolled photos.
        case full
        /// Without the attention regulariser.
        case withoutRegularizer = "without_regularizer"
        /// On the photos alone, without changed views.
        case withoutAugmentation = "without_augmentation"
        /// Without both.
        case withoutBoth = "without_both"
        /// On the first enrolled photo of each thing, or the first two.
        case onePhoto = "one_photo"
        case twoPhotos = "two_photos"

        /// Photos the embedding is trained on; nil for all enrolled ones.
        var photos: Int? {
            switch self {
            case .onePhoto: 1
            case .twoPhotos: 2
            case .full, .withoutRegularizer, .withoutAugmentation, .withoutBoth: nil
            }
        }

        func changed(_ options: EvaluationOptions) -> EvaluationOptions {
            var options = options
            if self == .withoutRegularizer || self == .withoutBoth { options.training.regularizerWeight = 0 }
            if self == .withoutAugmentation || self == .withoutBoth { options.augments = false }
            return options
        }
    }

    /// The figures of one variant.
    public struct Outcome: Encodable, Sendable {
        /// Which.
        public let variant: Variant
        /// Those of Docs/evaluation.md that an embedding can change.
        public let figures: [Figure]
    }

    private static let metrics: Set<String> = [
        "identifier_recall", "identifier_precision", "identifier_recall_unprompted", "identifier_precision_unprompted",
        "text_similarity", "class_similarity", "cider",
    ]

    private let evaluator: Evaluator

    /// Photos that show the same and should not both be there.
    public var samePhotos: [SamePhotos] { evaluator.samePhotos }

    /// Reads the folder and the split. Throws as `Evaluator`.
    public init(_ options: EvaluationOptions, progress: @escaping @Sendable (String) -> Void) throws {
        var options = options
        (options.oneShot, options.pairs, options.baselines, options.unprompted) = (false, false, false, true)
        evaluator = try Evaluator(options, progress: progress)
    }

    /// All variants, `full` first.
    public func run() async throws -> [Outcome] {
        let options = evaluator.options
        let encoder = try SentenceEncoder.lent(options.sentenceModel)
        let runtime = try EvaluationRuntime(modelDirectory: options.model, options: options.load)
        defer { runtime.shutDown() }
        return try await run(runtime, encoder: encoder)
    }

    package func run(_ runtime: EvaluationRuntime, encoder: SentenceEncoder?) async throws -> [Outcome] {
        let rounds = evaluator.split.rounds.indices
        var seen: [Variant: [RoundSeen]] = [:]
        for round in rounds {
            var whole: [[UInt8]] = []
            for variant in Variant.allCases {
                evaluator.progress("\(evaluator.prefix(round))\(variant.rawValue)")
                let (found, artifacts) = try await self.seen(variant, round, runtime, heads: whole)
                seen[variant, default: []].append(found)
                if variant == .full { whole = artifacts }
            }
        }
        return Variant.allCases.map { variant in
            let summary = EvaluationSummary(
                rounds: seen[variant] ?? [], concepts: evaluator.things.count, encoder: encoder)
            return Outcome(variant: variant, figures: summary.figures.filter { Self.metrics.contains($0.metric) })
        }
    }

    private func seen(
        _ variant: Variant, _ round: Int, _ runtime: EvaluationRuntime, heads: [[UInt8]]
    ) async throws -> (RoundSeen, [[UInt8]]) {
        var seen = RoundSeen()
        let user = User(name: "owner")
        let artifacts = try await evaluator.enrollAll(
            round, runtime, user: user, photosEach: variant.photos, seconds: &seen.enrollSeconds,
            options: variant.changed(evaluator.options))
        // The heads of the whole training see the same things in every variant: only the embeddings differ.
        for (place, thing) in evaluator.things.enumerated() where !heads.isEmpty {
            let (head, rows) = (
                try ConceptArtifact(decoding: heads[place]), try ConceptArtifact(decoding: artifacts[place])
            )
            let joined = ConceptArtifact(
                manifest: head.manifest, head: head.head, embedding: rows.embedding,
                enrolledFeatures: head.enrolledFeatures)
            try await runtime.give(user.name, concept: thing.name, artifact: try joined.encoded())
        }
        try await evaluator.askAll(round, runtime, owner: user, neighbour: nil, seen: &seen)
        await runtime.clear(user.name)
        return (seen, artifacts)
    }
}
