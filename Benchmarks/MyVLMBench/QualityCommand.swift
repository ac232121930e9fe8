import ArgumentParser
import Evaluation
import Foundation

/// Definitions: Docs/evaluation.md.
struct Quality: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Enrolls every thing of a folder under one user and asks about the other photos.",
        discussion: """
            The folder holds one folder of photos a thing and may hold captions.json: per thing "class_noun", "kind", \
            "images" (photo name to captions with the placeholder {concept}) and "boxes" (photo name to left, top, width \
            and height in pixels).
            """)

    @Option(help: "Folder of things.") var data: String
    @Option(help: "Model directory.") var model: String = EvaluationOptions.standardModel()
    @Option(help: "Folder of the sentence encoder (default: the one Scripts/setup --evaluation fetches).")
    var sentenceModel: String?
    @Option(help: "Write one JSON line a test photo to this file.") var report: String?
    @Option(help: "Write FILE.json, FILE.split.json and FILE.html.") var out: String?
    @Option(help: "Only these things, separated by commas.") var things: String?
    @Option(help: "Photos enrolled of each thing.") var shots = 4
    @Option(help: "Rounds with different photos enrolled; about ten minutes each.") var seeds = 1
    @Option(help: "Seed of the first round.") var seed: UInt64 = 42
    @Option(help: "A split file of an earlier run to measure on.") var split: String?
    @Option(help: "Rows of an embedding (default: the model's).") var tokens: Int?
    @Option(help: "Training steps of an embedding (default: the model's).") var steps: Int?
    @Option(help: "Learning rate of an embedding (default: the model's).") var rate: Float?
    @Option(help: "Weight of the attention regulariser; 0 switches it off (default: the model's).")
    var regularizer: Float?
    @Flag(help: "Enroll without the captions of captions.json, with what the frozen model says of the photos.")
    var withoutCaptions = false
    @Flag(inversion: .prefixedNo, help: "Enroll everything once more with a single photo.") var oneShot = true
    @Flag(inversion: .prefixedNo, help: "Ask about pictures of two things side by side.") var pairs = true
    @Flag(inversion: .prefixedNo, help: "Make the baselines, and ask without the names in the prompt.")
    var baselines = true

    @Flag(help: "Only this: the same heads with embeddings trained without a part, or from fewer photos.")
    var ablations = false

    func run() async throws {
        var options = EvaluationOptions(data: data, model: model)
        options.sentenceModel =
            sentenceModel
            ?? EvaluationOptions.standardSentenceModel()
        options.things = things.map { Set($0.split(separator: ",").map(String.init)) }
        options.shots = shots
        options.seeds = seeds
        options.seed = seed
        options.split = try split.map { try EvaluationSplit(contentsOf: $0) }
        options.usesCaptions = !withoutCaptions
        options.training.tokens = tokens
        options.training.steps = steps
        options.training.learningRate = rate
        options.training.regularizerWeight = regularizer
        options.oneShot = oneShot
        options.pairs = pairs
        options.baselines = baselines
        options.unprompted = baselines
        if ablations {
            for outcome in try await AblationStudy(options, progress: { Output.progress($0) }).run() {
                for figure in outcome.figures { try Output.line(Ablation(variant: outcome.variant, figure: figure)) }
            }
            return
        }
        let evaluator = try Evaluator(options) { Output.progress($0) }
        for pair in evaluator.samePhotos { Output.progress("warning: \(pair.warning)") }
        let result = try await evaluator.run()
        for figure in result.figures { try Output.line(figure) }
        if let report { try result.photoLines().write(to: URL(filePath: report)) }
        if let out { for file in try result.write(to: out) { Output.progress("wrote \(file)") } }
    }
}

/// One line of the ablations.
private struct Ablation: Encodable {
    let variant: AblationStudy.Variant
    let figure: Figure

    private enum CodingKeys: String, CodingKey { case variant }

    func encode(to encoder: any Encoder) throws {
        try figure.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(variant, forKey: .variant)
    }
}
