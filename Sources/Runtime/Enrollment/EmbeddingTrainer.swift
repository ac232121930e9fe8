import Compute
import Foundations
import VLM

/// What may be said of a photo: the prompt it answers and the target.
struct Lesson: Sendable, Equatable {
    let prompt: [Int32]
    let target: [Int32]
}

/// Trains the rows of one concept through the frozen model: a value that takes one step at a time, so that others may
/// compute between steps. Deterministic for its inputs and seed.
struct EmbeddingTrainer: Sendable {
    /// Views of a photo and what may be said of it.
    struct Photo: Sendable {
        let views: [any ImagePrefix]
        let heldBack: any ImagePrefix
        /// Captions after the prompt that names the concept; at least one.
        let captions: [Lesson]
        /// Questions with their answers; where there are any, most steps are theirs.
        var questions: [Lesson] = []
    }

    /// The share of captions where there are questions, as the paper states it; its published code let the share grow
    /// with every step.
    static let captionShare = 0.1

    let model: any ConceptTrainable
    let settings: ConceptTrainingDefaults
    private let photos: [Photo]
    /// The caption prompt that does not name the concept.
    private let plainPrompt: [Int32]
    private var optimizer: AdamW
    private var generator: SplitMix64
    private(set) var rows: Matrix

    init(
        model: any ConceptTrainable, settings: ConceptTrainingDefaults, photos: [Photo], plainPrompt: [Int32],
        words: [Int32], seed: UInt64
    ) throws {
        self.model = model
        self.settings = settings
        self.photos = photos
        self.plainPrompt = plainPrompt
        generator = SplitMix64(seed: seed)
        rows = try Self.start(model: model, settings: settings, words: words, generator: &generator)
        optimizer = AdamW(
            count: rows.values.count, learningRate: settings.learningRate, weightDecay: settings.weightDecay)
    }

    /// The embeddings of the words, over and over, with a little noise so that no two rows are the same.
    private static func start(
        model: any ConceptTrainable, settings: ConceptTrainingDefaults, words: [Int32],
        generator: inout SplitMix64
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
        AttentionRegularizer(weight: settings.regularizerWeight, direction: model.regularizerDirection)
    }

    /// What the next step learns from: one view and one lesson of every photo, a caption after one of the two prompts.
    mutating func nextBatch() -> ConceptBatch {
        let samples = photos.map { photo in
            let view = photo.views[generator.index(below: photo.views.count)]
            let asks = !photo.questions.isEmpty && generator.unit() >= Self.captionShare
            let lessons = asks ? photo.questions : photo.captions
            // A question names the concept; captions follow either prompt, so that the rows learn to carry the name.
            let isPlain = !asks && generator.unit() < Double(settings.plainPromptShare)
            let lesson = lessons[generator.index(below: lessons.count)]
            return TrainingSample(
                prefix: view, prompt: isPlain ? plainPrompt : lesson.prompt, target: lesson.target)
        }
        return ConceptBatch(samples: samples, concept: rows, regularizer: regularizer)
    }

    /// Ends the step of the last batch.
    mutating func apply(_ loss: ConceptLoss) {
        optimizer.update(&rows, gradient: AdamW.clipped(loss.gradient, to: settings.gradientClip))
    }

    /// Samples of a step.
    var samples: Int { photos.count }

    /// The first lessons on views no step sees.
    var heldBack: ConceptBatch {
        let samples = photos.flatMap { photo in
            (photo.captions.prefix(1) + photo.questions.prefix(2)).map {
                TrainingSample(prefix: photo.heldBack, prompt: $0.prompt, target: $0.target)
            }
        }
        return ConceptBatch(
            samples: samples, concept: rows, regularizer: AttentionRegularizer(weight: 0, direction: .row))
    }

    /// Begins what the model says of the first photo with the rows as they are; nil where there is nothing to caption.
    func sample(maximumTokens: Int) throws -> (any Decoding)? {
        guard let photo = photos.first, let caption = photo.captions.first else { return nil }
        return try model.begin(
            prefix: photo.views[0], concepts: [rows], prompt: caption.prompt, capacity: maximumTokens)
    }
}
