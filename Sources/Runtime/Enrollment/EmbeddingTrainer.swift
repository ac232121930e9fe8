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

    /// Norm of the rows at the start. Only directions matter to the model, but AdamW's steps are absolute: the norm
    /// says how far the first steps turn a row. At 1 the first step of rate 1 would wipe the start out.
    static let initialNorm: Float = 8

    let model: any FrozenVLM
    let settings: ConceptTrainingDefaults
    private let photos: [Photo]
    private let prompt: [Int32]
    private var optimizer: AdamW
    private var generator: SeededGenerator
    private(set) var rows: Matrix

    init(
        model: any FrozenVLM, settings: ConceptTrainingDefaults, photos: [Photo], prompt: [Int32], words: [Int32],
        seed: UInt64
    ) throws {
        self.model = model
        self.settings = settings
        self.photos = photos
        self.prompt = prompt
        generator = SeededGenerator(seed: seed)
        rows = try Self.start(model: model, tokens: settings.tokens, words: words, generator: &generator)
        optimizer = AdamW(
            count: rows.values.count, learningRate: settings.learningRate, weightDecay: settings.weightDecay)
    }

    /// The embeddings of the words, over and over, with a little noise so that no two rows are the same.
    private static func start(
        model: any FrozenVLM, tokens: Int, words: [Int32], generator: inout SeededGenerator
    ) throws -> Matrix {
        let hidden = model.identity.hiddenSize
        let embeddings = try model.embeddings(of: words)
        var rows = Matrix(rows: tokens, columns: hidden)
        for row in 0..<tokens {
            var values = embeddings.rows > 0 ? Array(embeddings.row(row % embeddings.rows)) : []
            if values.isEmpty { values = [Float](repeating: 0, count: hidden) }
            let norm = max(DotProduct.of(values, values).squareRoot(), 1e-6)
            let noise = 0.1 / Double(hidden).squareRoot()
            for i in 0..<hidden { values[i] = values[i] / norm + Float(noise * generator.normal()) }
            let length = max(DotProduct.of(values, values).squareRoot(), 1e-6)
            for i in 0..<hidden { rows[row, i] = values[i] / length * initialNorm }
        }
        return rows
    }

    private var regularizer: AttentionRegularizer {
        AttentionRegularizer(weight: settings.regularizerWeight, direction: .row)
    }

    /// One step on one view and one sentence of every photo.
    mutating func step() throws -> ConceptLoss {
        let samples = photos.map { photo in
            TrainingSample(
                prefix: photo.views[generator.index(below: photo.views.count)], prompt: prompt,
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
