public import Foundation

/// What to evaluate, on what, and how much of it.
public struct EvaluationOptions: Sendable {
    /// Folder of things: one folder of photos a thing, perhaps `captions.json`.
    public var data: URL
    /// Model directory.
    public var model: String
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

    /// Everything of a folder of things with a model directory.
    public init(data: URL, model: String) {
        self.data = data
        self.model = model
    }

    /// The model directory that `Scripts/setup` makes.
    public static func standardModel(environment: [String: String]) -> String {
        standardHome(environment) + "/models/pocket"
    }

    /// The sentence encoder that `Scripts/setup --evaluation` fetches; nil when it is not there.
    public static func standardSentenceModel(environment: [String: String]) -> String? {
        let directory = standardHome(environment) + "/models/minilm"
        return FileManager.default.fileExists(atPath: directory + "/model.safetensors") ? directory : nil
    }

    private static func standardHome(_ environment: [String: String]) -> String {
        environment["MYVLM_HOME"] ?? (environment["HOME"] ?? ".") + "/.cache/myvlm"
    }
}
