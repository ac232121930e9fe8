import ArgumentParser
import Client
import Terminal

struct ConceptPromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Use a version from now on.",
        discussion: """
            EXAMPLES
              myvlm concept promote zibo 3
              myvlm concept promote zibo best --if-version 2 --reason "sharper photos"

            The version is a number, v3 or an alias. `myvlm concept rollback zibo` goes back.
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Argument(help: "The version to use from now on.")
    var version: String

    @Option(help: "Only if this version is in use now.")
    var ifVersion: Int?

    @OptionGroup var history: HistoryArguments

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let move = try await client.promote(name, to: version, ifVersion: ifVersion, reason: history.reason)
            try history.show(move, output)
        }
    }
}

struct ConceptDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show in what two versions differ.",
        discussion: """
            EXAMPLES
              myvlm concept diff zibo 1 2
              myvlm concept diff zibo best          # with the one in use
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Argument(help: "A version: a number, v3, current or an alias.")
    var left: String

    @Argument(help: "Another one.")
    var right: String = "current"

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let result = try await client.compare(name, left, right)
            if output.json { return try JSONOutput.write(result) }
            guard !result.differences.isEmpty else {
                return output.note("v\(result.left.number) and v\(result.right.number) do not differ")
            }
            var table = Table(["FIELD", "v\(result.left.number)", "v\(result.right.number)"])
            for difference in result.differences {
                table.add([
                    difference.field, difference.left.isEmpty ? "-" : difference.left,
                    difference.right.isEmpty ? "-" : difference.right,
                ])
            }
            try table.write()
        }
    }
}

struct ConceptKeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Say how many of a concept's versions are kept.",
        discussion: """
            EXAMPLES
              myvlm concept keep zibo 5             # the newest five
              myvlm concept keep zibo all

            What a pointer needs stays besides: the version in use, the one a rollback returns to, and every version \
            an alias names. Older ones are gone for good, now and after each enrollment.
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Argument(help: "A number, or all.")
    var count: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        guard count == "all" || Int(count).map(Limits.versions.contains) == true else {
            throw ValidationError("keep a number of versions from 1 on, or all")
        }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let change = try await client.setRetention(name, keepLast: Int(count))
            if output.json { return try JSONOutput.write(change) }
            let gone = change.removed.map { "v\($0)" }.joined(separator: ", ")
            output.note(gone.isEmpty ? "no version had to go" : "gone for good: \(gone)")
        }
    }
}

struct ConceptRenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Call a concept something else; versions and history stay.",
        discussion: """
            EXAMPLES
              myvlm concept rename zibo pott
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Argument(help: "Its new name.")
    var newName: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let concept = try await client.renameConcept(name, to: newName)
            try output.show(concept, "\(name) is called \(concept.name) now")
            if concept.identifier != concept.name {
                output.note(
                    "answers go on saying \"\(concept.identifier)\", the word it was trained with; "
                        + "enroll it again with --identifier to change that")
            }
        }
    }
}

struct ConceptUndeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelete", abstract: "Bring back the concept of that name which was deleted last.",
        discussion: """
            EXAMPLES
              myvlm concept undelete zibo
            """)

    @Argument(help: "The concept.")
    var name: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Undeleted: Encodable {
        let concept: String
        let revision: UInt64
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let revision = try await client.undeleteConcept(name)
            try output.show(Undeleted(concept: name, revision: revision), "\(name) is back")
        }
    }
}
