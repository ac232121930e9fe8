import ArgumentParser
import Client

struct ConceptShareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Let another user's answers use a concept.",
        discussion: """
            EXAMPLES
              myvlm concept share zibo ben

            The other's answers recognise it as YOU/CONCEPT, whichever version is current. The other can neither read nor \
            change it. `myvlm concept unshare` takes it back from the next answer on.
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var concept: String

    @Argument(help: "The other user.")
    var user: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let share = try await client.share(concept, with: user)
            if output.json { return try JSONOutput.write(share) }
            output.note("\(share.user) can use \(share.owner)/\(share.concept) now")
        }
    }
}

struct ConceptUnshareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unshare", abstract: "Take a share back.",
        discussion: """
            EXAMPLES
              myvlm concept unshare zibo ben
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var concept: String

    @Argument(help: "The other user.")
    var user: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            try await client.unshare(concept, with: user)
            output.note("\(user) cannot use \(concept) any more")
        }
    }
}

struct ConceptSharesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shares", abstract: "List what you share, and what others share with you.",
        discussion: """
            EXAMPLES
              myvlm concept shares
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let shares: [Share] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let shares = try await client.shares()
            if output.json { return try JSONOutput.write(Listing(shares: shares)) }
            var table = Table(["OWNER", "CONCEPT", "WITH", "SINCE"])
            for share in shares {
                table.add([share.owner, share.concept, share.user, Format.time(share.createdAtMs)])
            }
            try table.write()
        }
    }
}
