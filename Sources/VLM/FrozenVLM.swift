public import Compute

// What a model can do is said by the protocols it conforms to. A model that lacks something does not conform, and who needs
// it asks before the work begins: `model as? any BranchingModel`.

/// Sees pictures. Weights never change after loading; every method may be called from any thread.
public protocol PictureModel: Sendable {
    /// Who it is.
    var identity: ModelIdentity { get }
    /// What concept heads are trained against.
    var negatives: NegativeBank { get }

    /// The vision pass.
    func features(of image: RGBImage) throws -> ImageFeatures

    /// Pooled features, each `[featureSize]`, of parts of the picture looked at by themselves, for concept heads: where a
    /// picture is much wider than high, or higher than wide, what stands in it is squeezed out of shape in `features(of:)`.
    /// None where the picture is not, or the model sees it unsqueezed.
    func closeUps(of image: RGBImage) throws -> [[Float]]

    /// What the grid of a picture of so many pixels lies over (`ImageFeatures.map`), in pixels of the picture: less than all
    /// of it where the model crops, more where it frames.
    func gridArea(width: Int, height: Int) -> PictureBox
}

/// Writes answers token by token. Calls on different objects (`Decoding`) may run at the same time.
public protocol AnswerModel: Sendable {
    /// Tokens that end an answer.
    var stopTokens: [Int32] { get }
    /// Positions a sequence may have.
    var contextSize: Int { get }

    /// Token ids of plain text, nothing added.
    func tokens(of text: String) -> [Int32]

    /// The bytes a token stands for; UTF-8 sequences may span tokens.
    func bytes(of token: Int32) -> [UInt8]

    /// One decoding step of many answers at once: appends `tokens[i]` to `states[i]` and renews its logits.
    /// A state's numbers do not depend on who else is in the batch.
    func step(_ states: [any Decoding], tokens: [Int32]) throws
}

/// A frozen vision-language model that takes concept rows beside its visual tokens: what every model that is served can do.
public protocol FrozenVLM: PictureModel, AnswerModel {
    /// Whether it was tuned to say where something is with a box (`ReferringAnswer`). A checkpoint's ability, which models of
    /// one type have and lack; who needs it asks before the work begins.
    var answersWithBoxes: Bool { get }

    /// The keys and values before the concept rows.
    func prefix(for features: ImageFeatures) throws -> any ImagePrefix

    /// Token ids after the concept rows: the prompt of a task. User text is never read as special tokens.
    /// Throws `invalidArgument` for text that is empty or too long, `unsupported` for a place where it does not answer with
    /// boxes.
    func promptTokens(for task: VLMTask) throws -> [Int32]

    /// Prefills concept rows and prompt after a prefix. `concepts` are embeddings `[tokens, hiddenSize]` of any
    /// norm, in the order they are appended; none gives exactly the frozen model. `capacity` bounds the tokens
    /// that will follow. Throws `contextOverflow` when they do not fit.
    func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding
}

/// Continues one answer in several ways: what a search over several continuations needs.
public protocol BranchingModel: AnswerModel {
    /// A copy of a running answer that may be continued another way; it shares nothing that changes.
    func copy(_ state: any Decoding) throws -> any Decoding
}

/// Trains the rows of a concept through its frozen weights.
public protocol ConceptTrainable: FrozenVLM {
    /// How concept embeddings are trained on it.
    var trainingDefaults: ConceptTrainingDefaults { get }
    /// Whose attention its regulariser keeps small.
    var regularizerDirection: AttentionRegularizer.Direction { get }

    /// Token ids of a training target for the sentence, the stop token included where the model has one.
    func targetTokens(for sentence: String) throws -> [Int32]

    /// The input embeddings of tokens, `[tokens.count, hiddenSize]`; no rows where words and concept rows live in
    /// different spaces.
    func embeddings(of tokens: [Int32]) throws -> Matrix

    /// Losses and gradients of several concepts, `[tokens, hiddenSize]` each, in the order given, together where the
    /// model can: each is bit for bit what its batch gives alone.
    func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss]

    /// The cross-entropies of `losses(of:)` alone, bit for bit, without a backward pass.
    func crossEntropies(of batches: [ConceptBatch]) throws -> [Float]
}

/// Answers an instruction without a picture.
public protocol InstructionModel: AnswerModel {
    /// Begins a text-only answer to an instruction: no picture, no concept, the language side's own chat template.
    /// The instruction is never read as special tokens. Throws `unsupported` where the loaded tokenizer has no template.
    func begin(instruction: String, capacity: Int) throws -> any Decoding
}

/// Tells what its concepts look at.
public protocol AttentionModel: FrozenVLM {
    /// How much each concept pays to each visual token, mean over blocks, heads and the concept's rows (MyVLM, Fig. 3):
    /// `[concepts][visualTokens]`, or on the grid of the whole picture, `[concepts][gridRows * gridColumns]`, where a
    /// token stands for several places of it. `prefix` is that of `features`; it stays as it is.
    func attention(
        of concepts: [Matrix], after prefix: any ImagePrefix, in features: ImageFeatures
    ) throws -> [[Float]]

    /// What one concept pays as heat over a picture of so many pixels: on the grid of the whole picture, whatever parts of
    /// it are seen beside. Nil where the numbers have no such grid.
    func heat(ofAttention shares: [Float], width: Int, height: Int) -> PictureHeat?
}

extension PictureModel {
    /// None unless a model says otherwise.
    public func closeUps(of image: RGBImage) throws -> [[Float]] { [] }

    /// All of the picture unless a model says otherwise.
    public func gridArea(width: Int, height: Int) -> PictureBox { PictureBox(pictureOf: width, height) }
}

extension FrozenVLM {
    /// Few models do.
    public var answersWithBoxes: Bool { false }
}

extension AttentionModel {
    /// The same where there is no prefix yet.
    public func attention(of concepts: [Matrix], in features: ImageFeatures) throws -> [[Float]] {
        concepts.isEmpty ? [] : try attention(of: concepts, after: try prefix(for: features), in: features)
    }
}

extension ConceptTrainable {
    /// What the concept pays, unless a model says otherwise.
    public var regularizerDirection: AttentionRegularizer.Direction { .row }

    /// Loss and gradient of one concept's batch of samples.
    public func loss(
        of samples: [TrainingSample], concept: Matrix, regularizer: AttentionRegularizer
    ) throws -> ConceptLoss {
        try losses(of: [ConceptBatch(samples: samples, concept: concept, regularizer: regularizer)])[0]
    }

    /// By `losses(of:)` unless a model says otherwise.
    public func crossEntropies(of batches: [ConceptBatch]) throws -> [Float] {
        try losses(of: batches).map(\.crossEntropy)
    }
}
