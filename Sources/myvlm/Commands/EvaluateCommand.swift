import ArgumentParser
import Client
import Evaluation
import Foundation
import LocalFiles

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure how well things of a folder are learned; needs no server.",
        discussion: """
            EXAMPLES
              myvlm evaluate --data things
              myvlm evaluate --data things --shots 2 --seeds 5 --out two-shots
              myvlm evaluate --data things --split result.split.json
              myvlm evaluate --data things --ablations

            DIR holds one folder of photos a thing. Some photos are enrolled, the others asked about; a file \
            DIR/captions.json {"thing": {"class_noun": "mug", "images": {"00.jpg": ["{concept} on a table"]}}} says \
            more. Runs in this process on the model that Scripts/setup fetched: about ten minutes for 20 things and \
            a round. OUT.json, OUT.split.json and OUT.html are written; Docs/evaluation.md defines the figures. Photos that \
            show the same (copies, scaled or turned ones too) are told in a warning and in OUT.json, under same_photos.
            """)

    @Option(help: "Folder of things.", completion: .directory) var data: LocalPath

    @Option(help: "Photos enrolled of each thing, at most 20.") var shots = 4

    @Option(help: "Rounds with different photos enrolled, at most 50; intervals need two or more.") var seeds = 1

    @Option(help: "Seed of the first round.") var seed: UInt64 = 42

    @Option(help: "Only these things, separated by commas.") var things: String?

    @Option(help: "A split file of an earlier run to measure on; --shots and --seeds say nothing then.")
    var split: LocalPath?

    @Option(help: "Where the results go, without extension.") var out = LocalPath("evaluation")

    @Option(help: "Model directory (default: $MYVLM_HOME/models/pocket).") var model: LocalPath?

    @Option(help: "Folder of the sentence encoder (default: $MYVLM_HOME/models/minilm).")
    var sentenceModel: LocalPath?

    @Flag(help: "Enroll without the captions of captions.json, with what the frozen model says of the photos.")
    var withoutCaptions = false

    @Flag(help: "Heads and captions only: no single photo, no pairs, no baselines.") var brief = false

    @Flag(
        help: "What each part of the training is worth: the same heads, embeddings without it and from fewer photos.")
    var ablations = false

    @OptionGroup var output: OutputArguments

    private struct Report: Encodable {
        let figures: [Figure]
        let files: [String]
        let samePhotos: [SamePhotos]
    }

    func run() async throws {
        let order = self
        try await CommandRunner.run { try await order.evaluate() }
    }

    private func evaluate() async throws {
        do {
            var options = EvaluationOptions(
                data: data.text, model: model?.text ?? EvaluationOptions.standardModel())
            options.sentenceModel = sentenceModel?.text ?? EvaluationOptions.standardSentenceModel()
            options.things = things.map { Set($0.split(separator: ",").map(String.init)) }
            options.shots = shots
            options.seeds = seeds
            options.seed = seed
            options.split = try split.map { try EvaluationSplit(contentsOf: $0.text) }
            options.splitFile = split?.text
            options.usesCaptions = !withoutCaptions
            if brief {
                (options.oneShot, options.pairs, options.unprompted, options.baselines) = (false, false, false, false)
            }
            let notes = output
            if ablations {
                let study = try AblationStudy(options) { notes.note($0) }
                Self.warn(study.samePhotos)
                return try show(try await study.run(), study.samePhotos)
            }
            let evaluator = try Evaluator(options) { notes.note($0) }
            try evaluator.check(out: out.text)
            Self.warn(evaluator.samePhotos)
            let result = try await evaluator.run()
            let files = try result.write(to: out.text)
            if output.json {
                return try JSONOutput.write(
                    Report(figures: result.figures, files: files, samePhotos: result.samePhotos))
            }
            var table = Table(["FIGURE", "VALUE", "95 %", "UNIT"])
            for figure in result.figures {
                table.add([
                    figure.metric, Self.shown(figure.value), figure.interval.map { "± " + Self.shown($0) } ?? "",
                    figure.unit,
                ])
            }
            try table.write()
            for file in files { output.note("wrote \(file)") }
        } catch let error as EvaluationError {
            throw MyVLMError(Self.code(error.code), error.message, cause: error)
        }
    }

    private struct Ablations: Encodable {
        let ablations: [AblationStudy.Outcome]
        let samePhotos: [SamePhotos]
    }

    /// Told even to who wants no notes: the figures mean something else.
    private static func warn(_ same: [SamePhotos]) {
        for pair in same { Console.error("warning: \(Console.shown(pair.warning))") }
    }

    private func show(_ outcomes: [AblationStudy.Outcome], _ same: [SamePhotos]) throws {
        if output.json { return try JSONOutput.write(Ablations(ablations: outcomes, samePhotos: same)) }
        var table = Table(["FIGURE"] + outcomes.map { $0.variant.rawValue.uppercased() })
        for (index, figure) in (outcomes.first?.figures ?? []).enumerated() {
            table.add([figure.metric] + outcomes.map { Self.shown($0.figures[index].value) })
        }
        try table.write()
    }

    private static func shown(_ value: Double?) -> String {
        guard let value else { return "-" }
        return value == value.rounded() && value >= 2 ? String(format: "%.0f", value) : String(format: "%.3f", value)
    }

    private static func code(_ code: EvaluationError.Code) -> MyVLMError.Code {
        switch code {
        case .badInput: .invalidArgument
        case .missing: .noInput
        case .unavailable: .internalError
        case .unwritable: .cannotCreate
        case .full: .outputFailed
        }
    }
}
