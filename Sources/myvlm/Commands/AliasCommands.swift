import ArgumentParser
import Client
import Terminal

struct ConceptAliasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias", abstract: "Give versions names of your own.",
        discussion: """
            EXAMPLES
              myvlm concept alias set zibo best 3
              myvlm concept alias protect zibo best
              myvlm concept promote zibo best
            """,
        subcommands: [
            AliasSetCommand.self, AliasRemoveCommand.self, AliasProtectCommand.self, AliasUnprotectCommand.self,
        ])
}

struct AliasSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Let an alias name a version, or move it there.",
        discussion: """
            EXAMPLES
              myvlm concept alias set zibo best 3
              myvlm concept alias set zibo best --only-new
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var concept: String

    @Argument(help: "The alias: letters, digits, '.', '_' and '-'.")
    var alias: String

    @Argument(help: "A number, v3, current or another alias.")
    var version: String = "current"

    @Option(help: "Only if the alias names this version now.")
    var ifVersion: Int?

    @Flag(help: "Only if there is no such alias yet.")
    var onlyNew = false

    @OptionGroup var history: HistoryArguments

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        if onlyNew, ifVersion != nil { throw ValidationError("--only-new and --if-version exclude each other") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let condition: PointerCondition = onlyNew ? .onlyNew : ifVersion.map { .ifVersion($0) } ?? .always
            let change = try await client.setAlias(
                alias, of: concept, to: version, when: condition, reason: history.reason)
            if output.json { return try JSONOutput.write(change) }
            try Console.out("\(Console.shown(alias)) -> v\(change.alias?.version ?? 0)")
        }
    }
}

/// Arguments of every command about an existing alias.
struct AliasArguments: ParsableArguments {
    @Argument(help: "The concept.", completion: .concepts)
    var concept: String

    @Argument(help: "The alias.")
    var alias: String
}

struct AliasRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an alias; its history stays.",
        discussion: """
            EXAMPLES
              myvlm concept alias remove zibo best
            """)

    @OptionGroup var target: AliasArguments

    @OptionGroup var history: HistoryArguments

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let change = try await client.removeAlias(target.alias, of: target.concept, reason: history.reason)
            try output.show(change, "the alias \(target.alias) is removed")
        }
    }
}

struct AliasProtectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "protect",
        abstract: "Let an alias refuse to be moved or removed, and its concept to be deleted.",
        discussion: """
            EXAMPLES
              myvlm concept alias protect zibo best
            """)

    @OptionGroup var target: AliasArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let change = try await client.protectAlias(target.alias, of: target.concept)
            try output.show(change, "the alias \(target.alias) is protected at v\(change.alias?.version ?? 0)")
        }
    }
}

struct AliasUnprotectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unprotect", abstract: "Lift the protection of an alias.",
        discussion: """
            EXAMPLES
              myvlm concept alias unprotect zibo best
            """)

    @OptionGroup var target: AliasArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let change = try await client.protectAlias(target.alias, of: target.concept, false)
            try output.show(change, "the alias \(target.alias) can be moved again")
        }
    }
}
