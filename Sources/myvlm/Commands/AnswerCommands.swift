import ArgumentParser
import Client
import LocalFiles
import Terminal

/// What `caption` and `ask` share.
struct AnswerArguments: ParsableArguments {
    @Flag(help: "The frozen model's own words, no concept used.")
    var frozen = false

    @Option(help: "One of the server's models; `myvlm status` lists them (default: the first).")
    var model: String = ""

    @Option(help: "0 is greedy, 2 the highest.")
    var temperature: Float = 0

    @Option(help: "Nucleus sampling, above 0; 1 is off.")
    var topP: Float = 1

    @Option(help: "Seed of the draws.")
    var seed: UInt64 = 0

    @Option(help: "Longest answer in tokens, at most 256 (default: the server's).")
    var maxTokens: Int?

    @Option(help: "Search for the likeliest answer with so many continuations side by side, at most 16 (1 is greedy).")
    var beams: Int = 1

    // A value below 0 looks like an option.
    @Option(
        parsing: .unconditional, help: "Of the search, -8 to 8: above 0 favours longer answers, below 0 shorter ones.")
    var lengthPenalty: Float = 1

    @Option(help: "Also write a PNG with the answer and what fired drawn in.")
    var picture: LocalPath?

    @Flag(help: "Write one JSON object an event.")
    var jsonl = false

    func validate() throws {
        try Bound.check(temperature, Limits.temperature, "--temperature")
        try Bound.check(topP, Limits.topP, "--top-p")
        try Bound.check(beams, Limits.beams, "--beams")
        try Bound.check(lengthPenalty, Limits.lengthPenalty, "--length-penalty")
        try Bound.check(maxTokens, Limits.maximumTokens, "--max-tokens")
        if beams > 1, temperature > 0 {
            throw ValidationError("--beams searches and --temperature draws: give one of them")
        }
    }

    var sampling: Sampling {
        Sampling(
            temperature: temperature, topP: topP, seed: seed, maxTokens: UInt32(clamping: maxTokens ?? 0),
            beam: beams == 1 ? nil : BeamOptions(beams: UInt32(clamping: beams), lengthPenalty: lengthPenalty))
    }

    /// Sends a photo with the request that `asking` makes, and writes the answer as it arrives.
    func run(
        _ path: LocalPath, _ connection: ConnectionArguments, _ output: OutputArguments,
        asking: @escaping @Sendable (MyVLMClient, Photo) -> AsyncThrowingStream<AnswerEvent.Event, any Error>
    ) async throws {
        try await CommandRunner.run(connection) { client, _ in
            let (photo, picture) = try AnswerPictureFile.begin(path, self.picture)
            try await Refusal.naming(path) { try await show(asking(client, photo), on: picture, output) }
        }
    }

    private func show(
        _ events: AsyncThrowingStream<AnswerEvent.Event, any Error>, on picture: AnswerPictureFile?,
        _ output: OutputArguments
    ) async throws {
        var view = AnswerView(json: output.json, jsonl: jsonl, quiet: output.quiet)
        var answer: AnswerEnd?
        do {
            for try await event in events {
                try view.show(event)
                if case .end(let end) = event { answer = end }
            }
        } catch {
            try view.breakLine()
            throw error
        }
        try Task.checkCancellation()
        guard let answer else {
            try view.breakLine()
            throw MyVLMError(.unavailable, "the answer was cut off; try again")
        }
        try picture?.write(caption: answer.text, recognitions: answer.fired, places: answer.places, output)
    }
}

struct CaptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caption", abstract: "Caption a photo; names your things and people when they are in it.",
        discussion: """
            EXAMPLES
              myvlm caption desk.jpg
              myvlm caption desk.jpg --json
              myvlm caption desk.jpg --picture out.png
              myvlm caption desk.jpg --beams 5    # the likeliest caption a search finds
              myvlm caption desk.jpg --frozen     # without your concepts
            """)

    @Argument(help: "A JPEG, PNG or WebP file.")
    var photo: LocalPath

    @OptionGroup var answer: AnswerArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await answer.run(photo, connection, output) { client, photo in
            client.caption(photo, sampling: answer.sampling, frozen: answer.frozen, model: answer.model)
        }
    }
}

struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask about a photo.",
        discussion: """
            EXAMPLES
              myvlm ask desk.jpg "Where is zibo?" --picture where.png
              myvlm ask desk.jpg "What colour is it?" --json
              myvlm ask desk.jpg zibo --box --picture where.png    # of a model that points
            """)

    @Argument(help: "A JPEG, PNG or WebP file.")
    var photo: LocalPath

    @Argument(help: "The question.")
    var question: String

    @Flag(help: "Answer with a box around what the question names; refused where the server's model does not point.")
    var box = false

    @OptionGroup var answer: AnswerArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await answer.run(photo, connection, output) { client, photo in
            client.ask(
                photo, question, sampling: answer.sampling, frozen: answer.frozen, box: box, model: answer.model)
        }
    }
}

struct RecognizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recognize", abstract: "Tell which of your concepts are in a photo.",
        discussion: """
            EXAMPLES
              myvlm recognize desk.jpg
              myvlm recognize desk.jpg --json
            """)

    @Argument(help: "A JPEG, PNG or WebP file.")
    var photo: LocalPath

    @Option(help: "Also write a PNG with what fired drawn in.")
    var picture: LocalPath?

    @Option(help: "One of the server's models; `myvlm status` lists them (default: the first).")
    var model: String = ""

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let (photo, picture) = try AnswerPictureFile.begin(photo, picture)
            let report = try await Refusal.naming(self.photo) { try await client.recognize(photo, model: model) }
            if output.json {
                try JSONOutput.write(report)
            } else {
                for result in report.results { try Console.out(AnswerView.line(result)) }
                AnswerView.tell(report.skipped)
                if report.results.isEmpty, report.skipped.isEmpty {
                    output.note("you have no concepts yet; `myvlm enroll` makes one")
                }
            }
            let fired = report.results.filter(\.fired)
            try picture?.write(
                caption: fired.map(\.identifier).joined(separator: ", "), recognitions: fired, output)
        }
    }
}
