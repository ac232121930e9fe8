import ArgumentParser
import Client
import Terminal

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Tell every change of your concepts as it happens.",
        discussion: """
            EXAMPLES
              myvlm watch
              myvlm watch --after 41 --jsonl        # go on after what was seen

            Each change has its own revision; together they are all changes there were. When the changes after a \
            revision are no longer kept, the command ends with code 65 and COMPACTED: watch anew without --after, and \
            list the concepts once more.
            """)

    @Option(help: "Begin after this revision (default: now).")
    var after: UInt64?

    @Option(help: "End after that many changes.")
    var count: Int?

    @Flag(help: "Write one JSON object an event, bookmarks too.")
    var jsonl = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Line: Encodable {
        var event: String
        var change: ConceptChange?
        var revision: UInt64?
    }

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count counts from 1") }
        if output.json { throw ValidationError("a stream of events is written with --jsonl") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            var left = count ?? .max
            for try await event in client.watch(after: after) {
                switch event {
                case .bookmark(let bookmark):
                    if jsonl { try JSONOutput.writeLine(Line(event: "bookmark", revision: bookmark.revision)) }
                case .change(let change):
                    if jsonl {
                        try JSONOutput.writeLine(Line(event: "change", change: change))
                    } else {
                        try Console.out(Self.line(change))
                    }
                    left -= 1
                    if left == 0 { return }
                }
            }
            try Task.checkCancellation()
        }
    }

    /// `41  2026-11-23T12:00:00Z  promote  zibo  current v1 -> v2`
    static func line(_ change: ConceptChange) -> String {
        var line = "\(change.revision)  \(Format.time(change.atMs))  \(change.kind)  "
        line += change.concept.unlessEmpty.map(Console.shown) ?? "(concept \(change.conceptId))"
        if let pointer = change.pointer.unlessEmpty {
            line +=
                "  \(pointer) \(Format.version(change.fromVersion)) -> \(Format.version(change.toVersion))"
        }
        return line
    }
}
