package import Compute

/// pocket: EfficientNet-Lite, an MLP projector and SmolLM2, in LLaVA's shape.
///
/// A sequence is: prefix template with object tags and the sketch's words, visual tokens, concept rows, prompt, answer. Everything is
/// immutable after loading, so calls may come from any thread.
package struct PocketModel: ConceptTrainable, BranchingModel, InstructionModel, AttentionModel {
    /// The vision side as a function of a picture, so that tests can put a small one in its place.
    package protocol Vision: Sendable {
        /// Map `[grid, featureSize]`, its mean, and class logits.
        func encode(_ image: RGBImage) -> (map: Matrix, pooled: [Float], logits: [Float])
    }

    /// The two-layer MLP that carries features into the language model.
    package struct Projector: Sendable {
        package let first: Matrix
        package let firstBias: [Float]
        package let second: Matrix
        package let secondBias: [Float]
        /// Nil: every place of the map is projected.
        let pool: VisualPool?

        /// Weights as in a PyTorch `Linear`: `first [middle, featureSize]`, `second [hiddenSize, middle]`. The map is
        /// averaged to `places` x `places` before, where that is given.
        package init(
            first: Matrix, firstBias: [Float], second: Matrix, secondBias: [Float], places: Int? = nil
        ) {
            pool = places.map { VisualPool(side: PocketModel.gridSide, places: min($0, PocketModel.gridSide)) }
            self.first = first
            self.firstBias = firstBias
            self.second = second
            self.secondBias = secondBias
        }

        /// `[places * places, hiddenSize]` of a map `[positions, featureSize]`: mean, linear, exact GELU, linear.
        func callAsFunction(_ map: Matrix) -> Matrix {
            var middle = PointwiseConvolution(weight: first, bias: firstBias)(pool?(map) ?? map, clip: false)
            Activation.gelu(&middle)
            return PointwiseConvolution(weight: second, bias: secondBias)(middle, clip: false)
        }
    }

    package let identity: ModelIdentity
    package let trainingDefaults: ConceptTrainingDefaults
    package let stopTokens: [Int32]
    package let negatives: NegativeBank
    private let vision: any Vision
    let projector: Projector
    private let sketch: Sketcher?
    private let words: WordRows?
    private let tags: TagTable
    private let prompt: PocketPrompt
    let tokenizer: ByteLevelBPE
    let language: ConceptLanguage

    package var contextSize: Int { language.contextSize }

    /// Joins the parts; throws `checkpointMalformed` when they do not fit each other.
    package init(
        identity: ModelIdentity, trainingDefaults: ConceptTrainingDefaults, vision: any Vision, projector: Projector,
        sketch: Sketcher? = nil, words: WordRows? = nil, tags: TagTable, prompt: PocketPrompt, tokenizer: ByteLevelBPE,
        language: LlamaModel,
        negatives: NegativeBank
    ) throws {
        let hidden = language.configuration.hiddenSize
        let fits =
            projector.first.columns == identity.featureSize && projector.first.rows == projector.second.columns
            && projector.firstBias.count == projector.first.rows && projector.second.rows == hidden
            && projector.secondBias.count == hidden && identity.hiddenSize == hidden
            && negatives.mean.count == identity.featureSize
            && tokenizer.vocabularySize <= language.configuration.vocabularySize
        guard fits else {
            throw VLMError(
                .checkpointMalformed, "the model's parts do not fit each other: they are of different models")
        }
        stopTokens = try prompt.stop.map { token in
            guard let id = tokenizer.id(of: token) else {
                throw VLMError(.checkpointMalformed, "the stop token \(token) is not in the vocabulary")
            }
            return id
        }
        guard !stopTokens.isEmpty else { throw VLMError(.checkpointMalformed, "config.json names no stop token") }
        self.identity = identity
        self.trainingDefaults = trainingDefaults
        self.vision = vision
        self.projector = projector
        self.sketch = sketch
        self.words = words
        self.tags = tags
        self.prompt = prompt
        self.tokenizer = tokenizer
        self.language = ConceptLanguage(language)
        self.negatives = negatives
    }

    package func features(of image: RGBImage) throws -> ImageFeatures {
        let seen = vision.encode(image)
        return ImageFeatures(
            pooled: seen.pooled, map: seen.map, visualTokens: projector(seen.map),
            tags: tags.tags(logits: seen.logits + (words?.logits(pooled: seen.pooled) ?? [])))
    }

    package func closeUps(of image: RGBImage) throws -> [[Float]] {
        image.squareParts().map { vision.encode($0).pooled }
    }

    package func prefix(for features: ImageFeatures) throws -> any ImagePrefix {
        try language.prefix(
            leading: prompt.prefixTokens(
                tags: features.tags, sketch: sketch?.caption(of: features) ?? "", tokenizer: tokenizer),
            visual: features.visualTokens)
    }

    package func promptTokens(for task: VLMTask) throws -> [Int32] {
        try prompt.suffixTokens(for: task, tokenizer: tokenizer)
    }

    package func targetTokens(for sentence: String) throws -> [Int32] {
        let tokens = tokenizer.encode(" " + sentence)
        guard !sentence.isEmpty, tokens.count <= 256 else {
            throw VLMError(.invalidArgument, "a caption has 1 to 256 tokens")
        }
        return tokens + stopTokens.prefix(1)
    }

    package func tokens(of text: String) -> [Int32] { tokenizer.encode(text) }

    package func bytes(of token: Int32) -> [UInt8] { tokenizer.bytes(of: token) }

    package func embeddings(of tokens: [Int32]) throws -> Matrix { try language.model.embeddings(of: tokens) }

    package func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        try language.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: capacity)
    }

    package func step(_ states: [any Decoding], tokens: [Int32]) throws {
        try language.step(states, tokens: tokens)
    }

    package func copy(_ state: any Decoding) throws -> any Decoding { try language.copy(state) }

    package func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss] { try language.losses(of: batches) }

    package func crossEntropies(of batches: [ConceptBatch]) throws -> [Float] {
        try language.crossEntropies(of: batches)
    }
}
