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
    /// A box around what is named, in the model's own words; only of a model that `answersWithBoxes`.
    case place(String)
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
