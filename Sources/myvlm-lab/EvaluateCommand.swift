import ArgumentParser
import Client
import Evaluation
import Foundation
import LocalFiles
import Terminal

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure how well things of a folder are learned; needs no server.")

    @OptionGroup var order: EvaluateArguments

    private struct Report: Encodable {
        let figures: [Figure]
        let files: [String]
        let samePhotos: [SamePhotos]
    }

    func run() async throws {
        let command = self
        try await CommandRunner.run { try await command.evaluate() }
    }

    private func evaluate() async throws {
        do {
            var options = EvaluationOptions(
                data: order.data.text,
                model: try order.model.map(EvaluatedModel.folder) ?? EvaluationOptions.standardModel())
            options.load = try EvaluatedModel.options(order)
            options.sentenceModel = order.sentenceModel?.text ?? EvaluationOptions.standardSentenceModel()
            options.things = order.things.map { Set($0.split(separator: ",").map(String.init)) }
            options.shots = order.shots
            options.seeds = order.seeds
            options.seed = order.seed
            options.split = try order.split.map { try EvaluationSplit(contentsOf: $0.text) }
            options.splitFile = order.split?.text
            options.usesCaptions = !order.withoutCaptions
            if order.brief {
                (options.oneShot, options.pairs, options.unprompted, options.baselines) = (false, false, false, false)
            }
            let output = order.output
            if order.ablations {
                let study = try AblationStudy(options) { output.note($0) }
                Self.warn(study.samePhotos)
                return try show(try await study.run(), study.samePhotos)
            }
            let evaluator = try Evaluator(options) { output.note($0) }
            try evaluator.check(out: order.out.text)
            Self.warn(evaluator.samePhotos)
            let result = try await evaluator.run()
            let files = try result.write(to: order.out.text)
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
        if order.output.json { return try JSONOutput.write(Ablations(ablations: outcomes, samePhotos: same)) }
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
