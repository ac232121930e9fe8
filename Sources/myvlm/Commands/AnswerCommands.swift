import ArgumentParser
import Client
import Foundation

/// What `caption` and `ask` share.
struct AnswerArguments: ParsableArguments {
    @Flag(help: "The frozen model's own words, no concept used.")
    var frozen = false

    @Option(help: "0 is greedy.")
    var temperature: Float = 0

    @Option(help: "Nucleus sampling.")
    var topP: Float = 1

    @Option(help: "Seed of the draws.")
    var seed: UInt64 = 0

    @Option(help: "Longest answer in tokens (default: the server's).")
    var maxTokens: Int?

    @Option(help: "Search for the likeliest answer with so many continuations side by side (1 is greedy).")
    var beams: Int = 1

    // A value below 0 looks like an option.
    @Option(
        parsing: .unconditional, help: "Of the search: above 0 favours longer answers, below 0 shorter ones.")
    var lengthPenalty: Float = 1

    @Option(help: "Also write a PNG with the answer and what fired drawn in.")
    var picture: String?

    @Flag(help: "Write one JSON object an event.")
    var jsonl = false

    func validate() throws {
        if temperature < 0 { throw ValidationError("--temperature cannot be negative") }
        if !(0...1).contains(topP) { throw ValidationError("--top-p lies between 0 and 1") }
        if !(1...16).contains(beams) { throw ValidationError("--beams lies between 1 and 16") }
        if beams > 1, temperature > 0 {
            throw ValidationError("--beams searches and --temperature draws: give one of them")
        }
        if !(-8...8).contains(lengthPenalty) { throw ValidationError("--length-penalty lies between -8 and 8") }
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens counts from 1") }
    }

    var sampling: SamplingOptions {
        SamplingOptions(
            temperature: temperature, topP: topP, seed: seed, maximumTokens: maxTokens ?? 0, beams: beams,
            lengthPenalty: lengthPenalty)
    }

    /// Writes an answer as it comes.
    func show(
        _ events: AsyncThrowingStream<AnswerEvent, any Error>, of photo: Photo, _ output: OutputArguments
    ) async throws {
        var view = AnswerView(json: output.json, jsonl: jsonl, quiet: output.quiet)
        var answer: Answer?
        do {
            for try await event in events {
                try view.show(event)
                if case .end(let end) = event { answer = end }
            }
        } catch {
            view.breakLine()
            throw error
        }
        try Task.checkCancellation()
        guard let answer else {
            view.breakLine()
            throw MyVLMError(.unavailable, "the answer broke off; try again")
        }
        if let picture {
            try AnswerPictureFile.write(
                picture, photo: photo, caption: answer.text, recognitions: answer.fired)
            output.note("wrote \(picture)")
        }
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
    var photo: String

    @OptionGroup var answer: AnswerArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let photo = try Photo(file: photo)
            try await answer.show(
                client.caption(photo, sampling: answer.sampling, frozen: answer.frozen), of: photo, output)
        }
    }
}

struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask about a photo.",
        discussion: """
            EXAMPLES
              myvlm ask desk.jpg "Where is zibo?"
              myvlm ask desk.jpg "What colour is it?" --json
            """)

    @Argument(help: "A JPEG, PNG or WebP file.")
    var photo: String

    @Argument(help: "The question.")
    var question: String

    @OptionGroup var answer: AnswerArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let photo = try Photo(file: photo)
            try await answer.show(
                client.ask(photo, question, sampling: answer.sampling, frozen: answer.frozen), of: photo, output)
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
    var photo: String

    @Option(help: "Also write a PNG with what fired drawn in.")
    var picture: String?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let photo = try Photo(file: photo)
            let report = try await client.recognize(photo)
            if output.json {
                try JSONOutput.write(report)
            } else {
                for result in report.results { Console.out(AnswerView.line(result)) }
                AnswerView.tell(report.skipped)
                if report.results.isEmpty, report.skipped.isEmpty {
                    output.note("you have no concepts yet; `myvlm enroll` makes one")
                }
            }
            if let picture {
                let fired = report.results.filter(\.fired)
                try AnswerPictureFile.write(
                    picture, photo: photo, caption: fired.map(\.identifier).joined(separator: ", "), recognitions: fired
                )
                output.note("wrote \(picture)")
            }
        }
    }
}
