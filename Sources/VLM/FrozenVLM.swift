public import Compute

/// Where a concept embedding joins a model.
public enum InsertionPoint: String, Sendable, Codable {
    /// Behind the projected visual tokens, in the language model's input (LLaVA, pocket).
    case visualTokens = "visual_tokens"
    /// Behind the vision tower's rows, before its last norm and the Q-Former (BLIP-2).
    case visionFeatures = "vision_features"
}

/// Who a frozen model is: what an artifact made for it must match.
public struct ModelIdentity: Sendable, Equatable {
    /// For people: "pocket".
    public let name: String
    /// SHA-256 over the digests of all parts, lower-case hex: equal digests, equal numbers.
    public let digest: String
    /// Size of a visual token and of a concept row.
    public let hiddenSize: Int
    /// Size of the pooled vision feature that concept heads read.
    public let featureSize: Int
    /// Rows of the visual grid from top to bottom and columns from left to right.
    public let gridRows: Int
    /// See `gridRows`.
    public let gridColumns: Int
    /// Where its concept embeddings join it.
    public let insertionPoint: InsertionPoint

    /// An identity.
    public init(
        name: String, digest: String, hiddenSize: Int, featureSize: Int, gridRows: Int, gridColumns: Int,
        insertionPoint: InsertionPoint = .visualTokens
    ) {
        self.name = name
        self.digest = digest
        self.hiddenSize = hiddenSize
        self.featureSize = featureSize
        self.gridRows = gridRows
        self.gridColumns = gridColumns
        self.insertionPoint = insertionPoint
    }
}

/// An everyday noun the vision side saw, with its probability.
public struct ObjectTag: Sendable, Equatable {
    /// The noun: "teapot".
    public let name: String
    /// 0...1.
    public let probability: Float

    /// A tag.
    public init(name: String, probability: Float) {
        self.name = name
        self.probability = probability
    }
}

/// What the frozen vision side says of one picture. It knows no user and no concept, so it may be shared.
public struct ImageFeatures: Sendable {
    /// The mean of `map` over the grid, `[featureSize]`: what object heads read.
    public let pooled: [Float]
    /// The encoder's last feature map, `[gridRows * gridColumns, featureSize]`, row by row.
    public let map: Matrix
    /// What concept rows stand behind, `[visualTokens, hiddenSize]`: the projected visual tokens, or the vision tower's
    /// rows where a Q-Former reads these.
    public let visualTokens: Matrix
    /// Object tags, most probable first.
    public let tags: [ObjectTag]

    /// The features of one picture.
    public init(pooled: [Float], map: Matrix, visualTokens: Matrix, tags: [ObjectTag]) {
        self.pooled = pooled
        self.map = map
        self.visualTokens = visualTokens
        self.tags = tags
    }
}

/// What the model is asked to say; `names` are the identifiers of the concepts whose heads fired.
public enum VLMTask: Sendable, Equatable {
    /// A caption.
    case caption(names: [String])
    /// An answer to a question.
    case question(String, names: [String])
}

/// The keys and values of everything that stands before the concept rows of one picture: tags and visual tokens in a
/// decoder, the vision tower's rows in a Q-Former.
///
/// It never depends on a concept, so one prefix serves every step of a training and every user. Immutable.
public protocol ImagePrefix: AnyObject, Sendable {
    /// Positions it takes in the context.
    var count: Int { get }
    /// The norm concept rows are rescaled to.
    var conceptNorm: Float { get }
}

/// One running answer: its keys and values, and the logits of the next token. Confined to one task at a time.
public protocol Decoding: AnyObject {
    /// Logits of the next token, `[vocabularySize]`.
    var logits: [Float] { get }
    /// Positions used so far, prefix included.
    var count: Int { get }
}

/// One training sample of a concept embedding: a view of a photo with what should be said of it.
public struct TrainingSample: Sendable {
    /// Of the view's picture.
    public let prefix: any ImagePrefix
    /// Token ids between the picture and the target.
    public let prompt: [Int32]
    /// Target token ids, the stop token included where the model has one.
    public let target: [Int32]

    /// A sample.
    public init(prefix: any ImagePrefix, prompt: [Int32], target: [Int32]) {
        self.prefix = prefix
        self.prompt = prompt
        self.target = target
    }
}

/// The attention regulariser of MyVLM, L_reg.
public struct AttentionRegularizer: Sendable, Equatable {
    /// Whose attention is kept small: the paper's Eq. 4 regularises what other positions pay to the concept
    /// (`column`), the published LLaVA code what the concept pays to all keys (`row`).
    public enum Direction: String, Sendable, Codable { case row, column }
    /// The weight lambda; the sum runs over layers and concept rows, the mean over heads and keys (or queries).
    public let weight: Float
    /// See `Direction`.
    public let direction: Direction

    /// A regulariser; a weight of 0 switches it off.
    public init(weight: Float, direction: Direction) {
        self.weight = weight
        self.direction = direction
    }
}

/// The loss of a batch and its gradient.
public struct ConceptLoss: Sendable {
    /// Cross-entropy, nats, mean over the target tokens of the batch.
    public let crossEntropy: Float
    /// The regulariser with its weight.
    public let regularization: Float
    /// Derivative of their sum with respect to the concept rows as given (before rescaling), `[tokens, hiddenSize]`.
    public let gradient: Matrix

    /// A loss.
    public init(crossEntropy: Float, regularization: Float, gradient: Matrix) {
        self.crossEntropy = crossEntropy
        self.regularization = regularization
        self.gradient = gradient
    }
}

/// What one concept learns from in a training step that several concepts may share.
public struct ConceptBatch: Sendable {
    /// Samples that share the concept's rows; at least one.
    public let samples: [TrainingSample]
    /// The rows, `[tokens, hiddenSize]`.
    public let concept: Matrix
    /// The regulariser of these samples.
    public let regularizer: AttentionRegularizer

    /// A batch.
    public init(samples: [TrainingSample], concept: Matrix, regularizer: AttentionRegularizer) {
        self.samples = samples
        self.concept = concept
        self.regularizer = regularizer
    }
}

/// How a concept embedding is trained on this model unless the caller says otherwise.
public struct ConceptTrainingDefaults: Sendable, Equatable, Codable {
    /// Rows of the embedding.
    public var tokens: Int
    /// Optimisation steps.
    public var steps: Int
    /// AdamW's learning rate.
    public var learningRate: Float
    /// L2 norm the gradient is clipped to.
    public var gradientClip: Float
    /// AdamW's decoupled weight decay.
    public var weightDecay: Float
    /// lambda of the regulariser.
    public var regularizerWeight: Float
    /// Steps after which a checkpoint is kept.
    public var checkpoints: [Int]
    /// Norm of the rows at the start, where they are the embeddings of the concept's words. Only directions matter to the
    /// model, but AdamW's steps are absolute: a step of rate r moves a row by about r times the root of the hidden size,
    /// so a norm well above that keeps the words, and one below it wipes them out.
    public var initialNorm: Float
    /// Share of the samples whose prompt is the plain one, 0...1: what makes the rows carry the name without it.
    public var plainPromptShare: Float

    /// Training defaults; without the last two, as published: the start does not matter, every prompt names the concept.
    public init(
        tokens: Int, steps: Int, learningRate: Float, gradientClip: Float, weightDecay: Float,
        regularizerWeight: Float, checkpoints: [Int], initialNorm: Float = 1, plainPromptShare: Float = 0
    ) {
        self.tokens = tokens
        self.steps = steps
        self.learningRate = learningRate
        self.gradientClip = gradientClip
        self.weightDecay = weightDecay
        self.regularizerWeight = regularizerWeight
        self.checkpoints = checkpoints
        self.initialNorm = initialNorm
        self.plainPromptShare = plainPromptShare
    }

    /// Records written before the last two fields existed read as what was done then.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            tokens: try values.decode(Int.self, forKey: .tokens), steps: try values.decode(Int.self, forKey: .steps),
            learningRate: try values.decode(Float.self, forKey: .learningRate),
            gradientClip: try values.decode(Float.self, forKey: .gradientClip),
            weightDecay: try values.decode(Float.self, forKey: .weightDecay),
            regularizerWeight: try values.decode(Float.self, forKey: .regularizerWeight),
            checkpoints: try values.decode([Int].self, forKey: .checkpoints),
            initialNorm: try values.decodeIfPresent(Float.self, forKey: .initialNorm) ?? 8,
            plainPromptShare: try values.decodeIfPresent(Float.self, forKey: .plainPromptShare) ?? 0)
    }
}

/// A frozen vision-language model that takes concept rows beside its visual tokens.
///
/// Weights never change after loading; every method may be called from any thread, and calls on different
/// objects (`Decoding`) may run at the same time.
public protocol FrozenVLM: Sendable {
    /// Who it is.
    var identity: ModelIdentity { get }
    /// How concept embeddings are trained on it.
    var trainingDefaults: ConceptTrainingDefaults { get }
    /// Whose attention its regulariser keeps small.
    var regularizerDirection: AttentionRegularizer.Direction { get }
    /// Tokens that end an answer.
    var stopTokens: [Int32] { get }
    /// What concept heads are trained against.
    var negatives: NegativeBank { get }
    /// Positions a sequence may have.
    var contextSize: Int { get }

    /// The vision pass.
    func features(of image: RGBImage) throws -> ImageFeatures

    /// Pooled features, each `[featureSize]`, of parts of the picture looked at by themselves, for concept heads: where a
    /// picture is much wider than high, or higher than wide, what stands in it is squeezed out of shape in `features(of:)`.
    /// None where the picture is not, or the model sees it unsqueezed.
    func closeUps(of image: RGBImage) throws -> [[Float]]

    /// The keys and values before the concept rows.
    func prefix(for features: ImageFeatures) throws -> any ImagePrefix

    /// Token ids after the concept rows: the prompt of a task. User text is never read as special tokens.
    /// Throws `invalidArgument` for text that is empty or too long.
    func promptTokens(for task: VLMTask) throws -> [Int32]

    /// Token ids of a training target for the sentence, the stop token included where the model has one.
    func targetTokens(for sentence: String) throws -> [Int32]

    /// Token ids of plain text, nothing added.
    func tokens(of text: String) -> [Int32]

    /// The bytes a token stands for; UTF-8 sequences may span tokens.
    func bytes(of token: Int32) -> [UInt8]

    /// The input embeddings of tokens, `[tokens.count, hiddenSize]`; no rows where words and concept rows live in
    /// different spaces.
    func embeddings(of tokens: [Int32]) throws -> Matrix

    /// Prefills concept rows and prompt after a prefix. `concepts` are embeddings `[tokens, hiddenSize]` of any
    /// norm, in the order they are appended; none gives exactly the frozen model. `capacity` bounds the tokens
    /// that will follow. Throws `contextOverflow` when they do not fit.
    func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding

    /// One decoding step of many answers at once: appends `tokens[i]` to `states[i]` and renews its logits.
    /// A state's numbers do not depend on who else is in the batch.
    func step(_ states: [any Decoding], tokens: [Int32]) throws

    /// A copy of a running answer that may be continued another way; it shares nothing that changes.
    func copy(_ state: any Decoding) throws -> any Decoding

    /// Losses and gradients of several concepts, `[tokens, hiddenSize]` each, in the order given, together where the
    /// model can: each is bit for bit what its batch gives alone.
    func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss]

    /// The cross-entropies of `losses(of:)` alone, bit for bit, without a backward pass.
    func crossEntropies(of batches: [ConceptBatch]) throws -> [Float]

    /// Begins a text-only answer to an instruction: no picture, no concept, the language side's own chat template.
    /// The instruction is never read as special tokens. Throws `unsupported` where the model has no such side.
    func begin(instruction: String, capacity: Int) throws -> any Decoding

    /// How much each concept pays to each visual token, mean over blocks, heads and the concept's rows,
    /// `[concepts][visualTokens]` (MyVLM, Fig. 3). Nil where the architecture keeps no such map.
    func attention(of concepts: [Matrix], in features: ImageFeatures, prompt: [Int32]) throws -> [[Float]]?
}

extension FrozenVLM {
    /// What the concept pays, unless a model says otherwise.
    public var regularizerDirection: AttentionRegularizer.Direction { .row }

    /// None unless a model says otherwise.
    public func closeUps(of image: RGBImage) throws -> [[Float]] { [] }

    /// Unsupported unless a model says otherwise.
    public func copy(_ state: any Decoding) throws -> any Decoding {
        throw VLMError(.unsupported, "\(identity.name) cannot continue an answer in several ways")
    }

    /// Unsupported unless a model says otherwise.
    public func begin(instruction: String, capacity: Int) throws -> any Decoding {
        throw VLMError(.unsupported, "\(identity.name) answers no instructions without a picture")
    }

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

    /// No map unless a model says otherwise.
    public func attention(of concepts: [Matrix], in features: ImageFeatures, prompt: [Int32]) throws -> [[Float]]? {
        nil
    }
}
