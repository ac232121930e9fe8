import Client
import Terminal

/// Shows an enrollment as it runs.
struct EnrollmentView {
    private let json: Bool
    private let jsonl: Bool
    private let quiet: Bool
    /// The job of the enrollment, once the server has told it.
    private(set) var job: Job?
    private var progress = ProgressLine(terminal: Console.takesEscapes)

    init(json: Bool, jsonl: Bool, quiet: Bool) {
        self.json = json
        self.jsonl = jsonl
        self.quiet = quiet
    }

    /// One line of `--jsonl`; `event` tells which of the others is set.
    private struct Line: Encodable {
        var event: String
        var stage: String?
        var note: String?
        var progress: EnrollProgress?
        var photosSent: Int?
        var photos: Int?
        var version: ConceptVersion?
        var created: Bool?
        var job: Job?
    }

    mutating func show(_ event: EnrollmentEvent) throws {
        switch event {
        case .uploaded(let sent, let all):
            if jsonl { try JSONOutput.writeLine(Line(event: "uploaded", photosSent: sent, photos: all)) }
            if sent == all { say("sent \(all) photo\(all == 1 ? "" : "s")") }
        case .job(let job):
            self.job = job
            if jsonl { try JSONOutput.writeLine(Line(event: "job", job: job)) }
        case .stage(let name):
            if jsonl { try JSONOutput.writeLine(Line(event: "stage", stage: name)) }
            say(name)
        case .note(let text):
            if jsonl { try JSONOutput.writeLine(Line(event: "note", note: text)) }
            say(text)
        case .progress(let step):
            if jsonl { try JSONOutput.writeLine(Line(event: "progress", progress: step)) }
            if !quiet, !jsonl {
                progress.show(step)
                if let sample = step.sample.unlessEmpty { say("step \(step.step) says: \(sample)") }
            }
        case .done(let enrolled):
            end()
            if jsonl {
                try JSONOutput.writeLine(
                    Line(event: "done", version: enrolled.version, created: enrolled.created))
            } else if json {
                try JSONOutput.write(enrolled)
            } else {
                let version = enrolled.version
                say(
                    "\(version.identifier) is \(version.kind == .person ? "a person" : "an object"), \(version.classNoun)"
                )
                try Console.out(Self.made(enrolled))
            }
        }
    }

    /// The line that tells a version.
    static func made(_ enrolled: Enrolled) -> String {
        "\(Console.shown(enrolled.version.concept)) v\(enrolled.version.number)"
            + (enrolled.created ? "" : " (the same as before: nothing new was made)")
    }

    /// Ends an unfinished progress bar.
    mutating func end() { progress.end() }

    private mutating func say(_ text: String) {
        guard !quiet, !jsonl else { return }
        progress.end()
        Console.error(Console.dim(Console.shown(text)))
    }
}
