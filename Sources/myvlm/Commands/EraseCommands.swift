import ArgumentParser
import Client
import Foundation
import LocalFiles
import Terminal

/// Asks before something is permanently destroyed.
enum EraseQuestion {
    /// Throws unless the name was typed, or `yes` is set where there is no terminal.
    static func ask(_ name: String, yes: Bool) throws {
        guard !yes else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw MyVLMError(.usage, "nothing was erased: confirm with --yes where there is no terminal")
        }
        Console.error("Nothing brings it back. Type \(Console.shown(name)) to erase it: ", newline: false)
        guard try InputLine.next() == name else { throw MyVLMError(.cancelled, "nothing was erased") }
    }

    static func show(_ receipts: [ErasureReceipt], _ output: OutputArguments) throws {
        struct Listing: Encodable { let receipts: [ErasureReceipt] }
        if output.json { return try JSONOutput.write(Listing(receipts: receipts)) }
        for receipt in receipts {
            try Console.out(receipt.receipt)
            output.note(
                "\(receipt.versions) versions, \(Format.bytes(receipt.bytes)): "
                    + (receipt.erasedAtMs.unlessZero.map { "erased \(Format.time($0))" }
                        ?? "pending: somebody still reads old pages; see `myvlm concept erasures`"))
            for backup in receipt.backups {
                output.note("  still in the backup \(backup.name) of \(Format.time(backup.createdAtMs))")
            }
        }
        if receipts.contains(where: { !$0.backups.isEmpty }) {
            output.note(
                "Those backups can be opened with the server's master key. A restored one has it erased again; to destroy "
                    + "it there too, the server's operator deletes them and every copy of them.")
        }
    }
}

struct ConceptEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Destroy a concept for good, and get a receipt.",
        discussion: """
            EXAMPLES
              myvlm concept erase zibo
              myvlm concept erase zibo --yes

            Versions, keys, history and every copy the server holds are destroyed, those of a deleted concept of that \
            name too. Neither undelete nor a restored backup brings it back. Backups that were made before still hold it: \
            the receipt names them. Asks to type the name.
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            try EraseQuestion.ask(name, yes: yes)
            try EraseQuestion.show(try await client.eraseConcept(name), output)
        }
    }
}

struct ConceptErasuresCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasures", abstract: "List the receipts of what was erased.",
        discussion: """
            EXAMPLES
              myvlm concept erasures
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            try EraseQuestion.show(try await client.erasures(), output)
        }
    }
}

struct UserEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Destroy a user with everything the user had, and get a receipt.",
        discussion: """
            EXAMPLES
              myvlm user erase ann
              myvlm user erase ann --yes

            Neither you nor a restored backup brings it back. Backups that were made before still hold it: the receipt \
            names them, and whoever runs the server can delete them. Asks to type the name.
            """)

    @Argument(help: "The user.")
    var name: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            try EraseQuestion.ask(name, yes: yes)
            try EraseQuestion.show([try await client.eraseUser(name)], output)
        }
    }
}
