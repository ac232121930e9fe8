import ArgumentParser
import Evaluation
import Foundation

/// Definitions: Docs/evaluation.md.
struct Heads: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Object heads alone: against MyVLM's published recipe, and whether scores mean probabilities.")

    @Option(help: "Folder of things.") var data: String
    @Option(help: "Model directory.") var model: String = EvaluationOptions.standardModel()
    @Option(help: "Only these things, separated by commas.") var things: String?
    @Option(help: "Photos enrolled of each thing.") var shots = 4
    @Option(help: "Rounds with different photos enrolled.") var seeds = 1
    @Option(help: "Seed of the first round.") var seed: UInt64 = 42
    @Option(help: "Write the reliability plot to this SVG file.") var plot: String?

    func run() async throws {
        var options = EvaluationOptions(data: data, model: model)
        options.things = things.map { Set($0.split(separator: ",").map(String.init)) }
        options.shots = shots
        options.seeds = seeds
        options.seed = seed
        let (figures, svg) = try await HeadStudy(options) { Output.progress($0) }.run()
        for figure in figures { try Output.line(figure) }
        if let plot { try Data(svg.utf8).write(to: URL(filePath: plot)) }
    }
}
