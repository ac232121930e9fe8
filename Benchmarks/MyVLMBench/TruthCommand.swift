import ArgumentParser
import Evaluation

/// Definitions: Docs/evaluation.md.
struct Truth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How true the frozen model's captions and answers are, beside those of people.",
        discussion: """
            The folder holds images/ and captions.json ({photo: [caption]}), questions.json \
            ({photo: [{"question", "answer"}]}), or both.
            """)

    @Option(help: "Folder of photos with what people said of them.") var data: String
    @Option(help: "Write one page with every photo to this file.") var out: String?
    @Option(help: "Only the photos this file names, one a line or as a JSON array.") var photos: String?
    @Option(help: "Only so many photos, the first by name.") var limit: Int?
    @Option(help: "Model directory.") var model: String = EvaluationOptions.standardModel()

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit \(limit); take 1 photo or more") }
    }

    func run() async throws {
        var options = TruthOptions(data: data, model: model)
        options.photos = photos
        options.limit = limit
        let study = try TruthStudy(options) { Output.progress($0) }
        if let out { try study.check(out: out) }
        let result = try await study.run()
        for figure in result.figures {
            try Measurement(suite: "truth", metric: figure.metric, value: figure.value, unit: figure.unit).print()
        }
        if let out {
            try result.write(to: out)
            Output.progress("wrote \(out)")
        }
    }
}
