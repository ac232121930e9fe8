import ArgumentParser
import Client
import Terminal

struct ConceptShareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Offer another user a concept.",
        discussion: """
            EXAMPLES
              myvlm concept share zibo ben

            Once the other has accepted it (`myvlm concept accept YOU/CONCEPT`), the other's answers recognise it as \
            YOU/CONCEPT, whichever version is current. The other can neither read nor change it. `myvlm concept unshare` \
            takes it back from the next answer on. An offer to somebody who does not exist, or does not want it, looks \
            the same as one that waits.
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
            try output.show(
                share,
                share.state == "accepted"
                    ? "\(share.user) uses \(share.owner)/\(share.concept)"
                    : "\(share.owner)/\(share.concept) is offered to \(share.user); it is used once it is accepted")
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
        commandName: "shares", abstract: "List what you share, what others offer you, and whom you have blocked.",
        discussion: """
            EXAMPLES
              myvlm concept shares
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable {
        let shares: [Share]
        let blocked: [String]
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let listing = Listing(shares: try await client.shares(), blocked: try await client.blockedSharers())
            if output.json { return try JSONOutput.write(listing) }
            var table = Table(["OWNER", "CONCEPT", "WITH", "STATE", "SINCE"])
            for share in listing.shares {
                table.add([
                    share.owner, share.concept, share.user, share.state, Format.time(share.createdAtMs),
                ])
            }
            try table.write()
            if !listing.blocked.isEmpty { output.note("blocked: \(listing.blocked.joined(separator: ", "))") }
        }
    }
}

/// `OWNER/CONCEPT`, as lists and answers show it.
struct OfferedConcept: ExpressibleByArgument {
    let owner: String
    let concept: String

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        owner = String(parts[0])
        concept = String(parts[1])
    }
}

struct ConceptAcceptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Let your answers use a concept that somebody offers you.",
        discussion: """
            EXAMPLES
              myvlm concept shares
              myvlm concept accept ann/zibo
              myvlm concept decline ann/zibo

            Its owner decides what it says, and may change it at any time: accept what you trust.
            """)

    @Argument(help: "OWNER/CONCEPT.")
    var concept: OfferedConcept

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let share = try await client.acceptShare(concept.concept, of: concept.owner)
            try output.show(share, "your answers use \(share.owner)/\(share.concept) now")
        }
    }
}

struct ConceptDeclineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decline", abstract: "Do without a concept that somebody offers you or you have accepted.",
        discussion: """
            EXAMPLES
              myvlm concept decline ann/zibo

            `myvlm concept accept` brings it back. Its owner is not told.
            """)

    @Argument(help: "OWNER/CONCEPT.")
    var concept: OfferedConcept

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let share = try await client.declineShare(concept.concept, of: concept.owner)
            try output.show(share, "your answers do without \(share.owner)/\(share.concept)")
        }
    }
}

/// Whose offers do not arrive.
private struct Blocked: Encodable { let blocked: [String] }

struct ConceptBlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block", abstract: "Decline all that a user shares with you, now and later.",
        discussion: """
            EXAMPLES
              myvlm concept block ann

            Nobody is told. `myvlm concept shares` lists whom you have blocked.
            """)

    @Argument(help: "The user.")
    var owner: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let blocked = try await client.blockSharer(owner)
            try output.show(Blocked(blocked: blocked), "nothing of \(owner) reaches you any more")
        }
    }
}

struct ConceptUnblockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock", abstract: "Let a user's offers arrive again.",
        discussion: """
            EXAMPLES
              myvlm concept unblock ann

            What was declined stays so until you accept it.
            """)

    @Argument(help: "The user.")
    var owner: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let blocked = try await client.unblockSharer(owner)
            try output.show(Blocked(blocked: blocked), "offers of \(owner) arrive again")
        }
    }
}
