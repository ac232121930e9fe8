import Compute
import VLM

/// Trains the rows of one concept through the frozen model: a value that takes one step at a time, so that others may
/// compute between steps. Deterministic for its inputs and seed.
struct EmbeddingTrainer: Sendable {
    /// A view of a photo and what may be said of it.
    struct Photo: Sendable {
        let views: [any ImagePrefix]
        let heldBack: any ImagePrefix
        /// Target tokens, one list a sentence.
        let targets: [[Int32]]
    }

    let model: any FrozenVLM
    let settings: ConceptTrainingDefaults
    private let photos: [Photo]
    /// The prompt that names the concept, and the one that does not.
    private let prompt: [Int32]
    private let plainPrompt: [Int32]
    private var optimizer: AdamW
    private var generator: SeededGenerator
    private(set) var rows: Matrix

    init(
        model: any FrozenVLM, settings: ConceptTrainingDefaults, photos: [Photo], prompt: [Int32],
        plainPrompt: [Int32], words: [Int32], seed: UInt64
    ) throws {
        self.model = model
        self.settings = settings
        self.photos = photos
        self.prompt = prompt
        self.plainPrompt = plainPrompt
        generator = SeededGenerator(seed: seed)
        rows = try Self.start(model: model, settings: settings, words: words, generator: &generator)
        optimizer = AdamW(
            count: rows.values.count, learningRate: settings.learningRate, weightDecay: settings.weightDecay)
    }

    /// The embeddings of the words, over and over, with a little noise so that no two rows are the same.
    private static func start(
        model: any FrozenVLM, settings: ConceptTrainingDefaults, words: [Int32],
        generator: inout SeededGenerator
    ) throws -> Matrix {
        let hidden = model.identity.hiddenSize
        let embeddings = try model.embeddings(of: words)
        var rows = Matrix(rows: settings.tokens, columns: hidden)
        for row in 0..<settings.tokens {
            var values = embeddings.rows > 0 ? Array(embeddings.row(row % embeddings.rows)) : []
            if values.isEmpty { values = [Float](repeating: 0, count: hidden) }
            let norm = max(DotProduct.of(values, values).squareRoot(), 1e-6)
            let noise = 0.1 / Double(hidden).squareRoot()
            for i in 0..<hidden { values[i] = values[i] / norm + Float(noise * generator.normal()) }
            let length = max(DotProduct.of(values, values).squareRoot(), 1e-6)
            for i in 0..<hidden { rows[row, i] = values[i] / length * settings.initialNorm }
        }
        return rows
    }

    private var regularizer: AttentionRegularizer {
        AttentionRegularizer(weight: settings.regularizerWeight, direction: .row)
    }

    /// One step on one view and one sentence of every photo, after one of the two prompts.
    mutating func step() throws -> ConceptLoss {
        let samples = photos.map { photo in
            TrainingSample(
                prefix: photo.views[generator.index(below: photo.views.count)],
                prompt: generator.unit() < Double(settings.plainPromptShare) ? plainPrompt : prompt,
                target: photo.targets[generator.index(below: photo.targets.count)])
        }
        let loss = try model.loss(of: samples, concept: rows, regularizer: regularizer)
        optimizer.update(&rows, gradient: AdamW.clipped(loss.gradient, to: settings.gradientClip))
        return loss
    }

    /// Cross-entropy of the first sentences on views no step sees.
    func heldBackCrossEntropy() throws -> Float {
        let samples = photos.map { TrainingSample(prefix: $0.heldBack, prompt: prompt, target: $0.targets[0]) }
        return try model.loss(
            of: samples, concept: rows, regularizer: AttentionRegularizer(weight: 0, direction: .row)
        ).crossEntropy
    }
}
