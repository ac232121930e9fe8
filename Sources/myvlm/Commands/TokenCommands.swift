public import ArgumentParser
public import Client
import LocalFiles
import Terminal

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage the tokens you log in with.",
        discussion: """
            EXAMPLES
              myvlm token create --label robot --scope query --days 7 --to robot.token
              myvlm caption desk.jpg --token-file robot.token
              myvlm token rotate                    # the one this login uses
              myvlm token revoke 12                 # also ends what runs with it

            Scopes: read (see your concepts), query (caption, ask, recognize), enroll (change your concepts), admin \
            (manage accounts). A token can only make, rotate or end tokens that may do no more than itself.
            """,
        subcommands: [
            TokenListCommand.self, TokenCreateCommand.self, TokenRotateCommand.self, TokenRevokeCommand.self,
        ])
}

extension TokenScope: ExpressibleByArgument {}

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your tokens, newest first.",
        discussion: """
            EXAMPLES
              myvlm token list
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let tokens: [TokenInfo] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let tokens = try await client.tokens()
            if output.json { return try JSONOutput.write(Listing(tokens: tokens)) }
            var table = Table(["ID", "THIS", "LABEL", "SCOPES", "MADE", "EXPIRES", "USED"])
            for token in tokens {
                table.add([
                    "\(token.id)", token.current ? "*" : "", token.label, token.scopes.joined(separator: ","),
                    Format.time(token.createdAtMs), Format.time(token.expiresAtMs),
                    token.lastUsedAtMs.unlessZero.map(Format.time) ?? "-",
                ])
            }
            try table.write()
        }
    }
}

struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a further token, for another machine or a script.",
        discussion: """
            EXAMPLES
              myvlm token create --to robot.token --label robot --scope query --days 7
            """)

    @Option(help: "The file to write it into, mode 0600.", completion: .file())
    var to: LocalPath

    @Option(help: "What it is for, shown in listings.")
    var label: String = ""

    @Option(name: .customLong("scope"), help: "What it may do; repeat for more (default: what this login may).")
    var scopes: [TokenScope] = []

    @Option(help: "Life in days, at most 3650; the server may shorten it (default: the server's).")
    var days: Int?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        try Bound.check(days, Limits.tokenDays, "--days")
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let file = try SecretOutput.prepare(to)
            let new = try await client.createToken(
                label: label, lifetime: .seconds((days ?? 0) * 86_400), scopes: scopes)
            try SecretOutput.write(new.token, to: file)
            try output.show(
                new.info, "token \(new.info.id) is in \(to.shown), good until \(Format.time(new.info.expiresAtMs))")
        }
    }
}

struct TokenRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Replace a token by a new one; the old one goes on for a while.",
        discussion: """
            EXAMPLES
              myvlm token rotate
              myvlm token rotate 12 --to robot.token --overlap 1440

            Without an id the token of this login is replaced and the saved login takes the new one over. With an id \
            the new one is written to --to.
            """)

    @Argument(help: "The token, as `myvlm token list` tells it (default: this login's).")
    var id: Int64?

    @Option(help: "Minutes the old one goes on, at most 10080, which are 7 days.")
    var overlap: Int = 60

    @Option(help: "The file to write it into, mode 0600; replaced where it is there.", completion: .file())
    var to: LocalPath?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        try Bound.check(overlap, Limits.overlapMinutes, "--overlap")
        if id != nil, to == nil { throw ValidationError("name the file for the new token with --to") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, context in
            // Where the new one goes must be known before the old one begins to end.
            guard to != nil || context.file?.token == context.token, context.token != nil else {
                throw MyVLMError(.usage, "this token does not come from a saved login; name a file with --to")
            }
            let file =
                try to.map { try SecretOutput.prepare($0, replace: true) } ?? ContextFile.prepare(context.path)
            let new = try await client.rotateToken(id, overlap: .seconds(overlap * 60))
            if to != nil {
                try SecretOutput.write(new.token, to: file)
            } else if var saved = context.file {
                saved.token = new.token
                saved.tokenExpiresAtMs = new.info.expiresAtMs
                try saved.save(file)
            }
            try output.show(new.info, "token \(new.info.id) is good until \(Format.time(new.info.expiresAtMs))")
        }
    }
}

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a token at once, and what runs with it.",
        discussion: """
            EXAMPLES
              myvlm token revoke 12
            """)

    @Argument(help: "The token, as `myvlm token list` tells it.")
    var id: Int64

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            try await client.revokeToken(id)
            output.note("token \(id) has ended")
        }
    }
}
