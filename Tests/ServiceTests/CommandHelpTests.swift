import Foundation
import ProcessTestSupport
import Testing

/// Help is read before anything else: every page begins with examples, and the examples are true.
@Suite(.timeLimit(.minutes(10))) struct CommandHelpTests {
    private struct Dump: Decodable { let command: Command }

    private struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }
            let names: [Name]?
        }
        let commandName: String
        let discussion: String?
        let subcommands: [Command]?
        let arguments: [Argument]?

        var options: Set<String> {
            var all: Set<String> = ["--help", "--generate-completion-script"]
            for name in (arguments ?? []).flatMap({ $0.names ?? [] }) where name.kind == "long" {
                all.insert("--" + name.name)
            }
            return all
        }
    }

    private func tree() async throws -> Command {
        let output = try await CommandLineTool.named("myvlm").run(["--experimental-dump-help"])
        return try JSONDecoder().decode(Dump.self, from: Data(output.out.utf8)).command
    }

    private func walk(_ command: Command, _ path: [String], _ body: (Command, [String]) -> Void) {
        guard command.commandName != "help" else { return }
        body(command, path)
        for below in command.subcommands ?? [] { walk(below, path + [below.commandName], body) }
    }

    @Test func everyHelpBeginsWithExamplesThatAreTrue() async throws {
        let root = try await tree()
        var count = 0
        walk(root, ["myvlm"]) { command, path in
            count += 1
            let page = path.joined(separator: " ")
            let discussion = command.discussion ?? ""
            #expect(discussion.hasPrefix("EXAMPLES\n"), "\(page) does not begin with examples")
            let examples = discussion.replacing("\\\n", with: " ").split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespaces)
            }.filter { $0.hasPrefix("myvlm ") }
            #expect(!examples.isEmpty, "\(page) has no example")
            #expect(command.subcommands?.isEmpty == false || examples.contains { $0.hasPrefix(page) }, "\(page)")
            for example in examples { check(example, root) }
        }
        #expect(count > 50, "the walk found \(count) commands")
    }

    private func check(_ example: String, _ root: Command) {
        let line = example.split(separator: "#").first ?? ""
        var words = line.split(separator: " ").map(String.init)[1...]
        var command = root
        while let next = command.subcommands?.first(where: { $0.commandName == words.first }) {
            command = next
            words.removeFirst()
        }
        let options = words.filter { $0.hasPrefix("--") }
        #expect(
            !options.isEmpty || command.subcommands?.isEmpty != false, "\"\(example)\" names no command")
        for option in options {
            #expect(command.options.contains(option), "\"\(example)\": there is no \(option)")
        }
    }
}
