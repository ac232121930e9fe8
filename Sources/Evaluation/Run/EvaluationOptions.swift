import LocalFiles
public import VLM

/// Settings of the embedding's training to measure with instead of the model's defaults; nil keeps the default.
public struct TrainingOverrides: Sendable {
    /// Rows of the embedding.
    public var tokens: Int?
    /// Optimisation steps; checkpoints beyond them do not happen.
    public var steps: Int?
    /// AdamW's rate.
    public var learningRate: Float?
    /// Weight of the attention regulariser; 0 is MyVLM's ablation without it.
    public var regularizerWeight: Float?

    /// The defaults.
    public init() {}

    /// The model's defaults with these in their place; nil when none is set.
    func applied(to defaults: ConceptTrainingDefaults) -> ConceptTrainingDefaults? {
        guard tokens != nil || steps != nil || learningRate != nil || regularizerWeight != nil else { return nil }
        var settings = defaults
        settings.tokens = tokens ?? settings.tokens
        settings.steps = steps ?? settings.steps
        settings.learningRate = learningRate ?? settings.learningRate
        settings.regularizerWeight = regularizerWeight ?? settings.regularizerWeight
        settings.checkpoints = settings.checkpoints.filter { $0 <= settings.steps }
        return settings
    }
}

/// What to evaluate, on what, and how much of it.
public struct EvaluationOptions: Sendable {
    /// Folder of things: one folder of photos a thing, perhaps `captions.json`. All paths are carried text.
    public var data: String
    /// Model directory.
    public var model: String
    /// How it is loaded, where that is a choice.
    public var load = LoadOptions()
    /// Folder of the sentence encoder; nil leaves similarities of texts out.
    public var sentenceModel: String?
    /// Only these things; nil takes all.
    public var things: Set<String>?
    /// Photos enrolled of each thing; a thing keeps at least one to be asked about.
    public var shots = 4
    /// Rounds with different photos enrolled.
    public var seeds = 1
    /// Seed of the first round.
    public var seed: UInt64 = 42
    /// A split to use instead of a new one.
    public var split: EvaluationSplit?
    /// The file it was read from, which no result is written over.
    public var splitFile: String?
    /// Whether the captions of captions.json are enrolled; without, the frozen model writes them.
    public var usesCaptions = true
    /// Whether everything is enrolled and asked about once more with a single photo.
    public var oneShot = true
    /// Whether pictures of two things side by side are asked about.
    public var pairs = true
    /// Whether answers to prompts without the names are asked for.
    public var unprompted = true
    /// Whether the two baselines are made.
    public var baselines = true
    /// Whether embeddings are trained on changed views too; off is MyVLM's ablation.
    public var augments = true
    /// What is trained otherwise than the model's defaults say.
    public var training = TrainingOverrides()

    /// Everything of a folder of things with a model directory.
    public init(data: String, model: String) {
        self.data = data
        self.model = model
    }

    /// The model directory that `Scripts/setup` makes; empty where the user has no home.
    public static func standardModel() -> String {
        UserEnvironment.modelHome?.appending("models/pocket").text ?? ""
    }

    /// The sentence encoder that `Scripts/setup --evaluation` fetches; nil when it is not there.
    public static func standardSentenceModel() -> String? {
        guard let directory = UserEnvironment.modelHome?.appending("models/minilm"),
            FileStatus(directory.appending("model.safetensors")) != nil
        else { return nil }
        return directory.text
    }
}
