import ArgumentParser
import Client
import Foundation
import LocalFiles
import Terminal

struct ConceptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "concept", abstract: "See and manage what you have taught.",
        discussion: """
            EXAMPLES
              myvlm concept list
              myvlm concept show zibo
              myvlm concept rollback zibo
            """,
        subcommands: [
            ConceptListCommand.self, ConceptShowCommand.self, ConceptVersionsCommand.self, ConceptDiffCommand.self,
            ConceptPromoteCommand.self, ConceptRollbackCommand.self, ConceptAliasCommand.self, ConceptKeepCommand.self,
            ConceptRenameCommand.self, ConceptDeleteCommand.self, ConceptUndeleteCommand.self, ConceptEraseCommand.self,
            ConceptErasuresCommand.self, ConceptShareCommand.self, ConceptUnshareCommand.self,
            ConceptSharesCommand.self, ConceptAcceptCommand.self, ConceptDeclineCommand.self, ConceptBlockCommand.self,
            ConceptUnblockCommand.self, ConceptPhotosCommand.self,
        ])
}

struct ConceptListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your concepts.",
        discussion: """
            EXAMPLES
              myvlm concept list
              myvlm concept list --json
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let concepts: [Concept] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let concepts = try await client.concepts()
            if output.json { return try JSONOutput.write(Listing(concepts: concepts)) }
            guard !concepts.isEmpty else { return output.note("no concepts yet; `myvlm enroll` makes one") }
            // Where the server has several.
            let tellsModels = concepts.contains { !$0.model.isEmpty }
            var table = Table(
                ["NAME", "KIND", "CLASS", "IDENTIFIER", "CURRENT", "VERSIONS", "CHANGED"]
                    + (tellsModels ? ["MODEL"] : []))
            for concept in concepts {
                table.add(
                    [
                        concept.name, concept.kind.word, concept.classNoun, concept.identifier,
                        "v\(concept.currentVersion)\(concept.otherModel ? " !" : "")", "\(concept.versions)",
                        Format.time(concept.updatedAtMs),
                    ] + (tellsModels ? [concept.model] : []))
            }
            try table.write()
            guard concepts.contains(where: \.otherModel) else { return }
            output.note(
                "! made for another model than the server's, and left out of answers: `myvlm reenroll --all` trains again "
                    + "what has kept photos")
        }
    }
}

struct ConceptShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a concept, its version in use and its history.",
        discussion: """
            EXAMPLES
              myvlm concept show zibo
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let detail = try await client.concept(name)
            if output.json { return try JSONOutput.write(detail) }
            let current = detail.current
            var table = Table(["name", Console.shown(detail.concept.name)])
            table.add(["kind", detail.concept.kind.word])
            table.add(["class", detail.concept.classNoun])
            table.add(["identifier", detail.concept.identifier])
            table.add(["current", "v\(current.number) of \(detail.concept.versions)"])
            table.add(["photos", "\(current.photos)"])
            table.add(["threshold", String(format: "%.3f", current.threshold)])
            table.add(["digest", current.digest])
            table.add(["size", Format.bytes(current.sizeBytes)])
            let model = detail.concept.model
            table.add([
                "model",
                (model.isEmpty ? "" : "\(model) ") + current.modelDigest
                    + (detail.concept.otherModel ? " (not the server's)" : ""),
            ])
            table.add([
                "kept",
                detail.concept.keepLast.unlessZero.map { "the newest \($0), and what a pointer names" } ?? "all",
            ])
            for alias in detail.aliases {
                table.add(["alias", "\(alias.name) -> v\(alias.version)\(alias.isProtected ? " (protected)" : "")"])
            }
            try table.write()
            try Console.out("")
            var history = Table(["WHEN", "ACTION", "POINTER", "FROM", "TO", "BY", "REASON"])
            for move in detail.history {
                history.add([
                    Format.time(move.atMs), move.action, move.pointer, Format.version(move.fromVersion),
                    Format.version(move.toVersion), move.by, move.reason,
                ])
            }
            try history.write()
            guard detail.concept.otherModel else { return }
            output.note(
                "v\(current.number) was made for another model than the server's and is left out of answers: "
                    + "`myvlm reenroll \(detail.concept.name)` trains it again from the photos kept with it")
        }
    }
}

struct ConceptVersionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: "List a concept's versions, newest first.",
        discussion: """
            EXAMPLES
              myvlm concept versions zibo
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let versions: [ConceptVersion] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let versions = try await client.versions(of: name)
            if output.json { return try JSONOutput.write(Listing(versions: versions)) }
            var table = Table(["VERSION", "CURRENT", "MADE", "PHOTOS", "SIZE", "DIGEST"])
            for version in versions {
                table.add([
                    "v\(version.number)", version.current ? "*" : "", Format.time(version.createdAtMs),
                    "\(version.photos)", Format.bytes(version.sizeBytes), String(version.digest.prefix(12)),
                ])
            }
            try table.write()
        }
    }
}

struct ConceptRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Go back to an earlier version.",
        discussion: """
            EXAMPLES
              myvlm concept rollback zibo           # to the version before the last change
              myvlm concept rollback zibo --to 1
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Option(help: "The version to use from now on (default: the one before the last change).")
    var to: Int?

    @Option(help: "Only if this version is in use now.")
    var ifVersion: Int?

    @OptionGroup var history: HistoryArguments

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let move = try await client.rollback(name, to: to, ifVersion: ifVersion, reason: history.reason)
            try history.show(move, output)
        }
    }
}

struct ConceptDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a concept; undelete brings it back within a week.",
        discussion: """
            EXAMPLES
              myvlm concept delete zibo
              myvlm concept delete zibo --yes
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Deleted: Encodable {
        let concept: String
        let revision: UInt64
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            if !yes {
                guard isatty(STDIN_FILENO) == 1 else {
                    throw MyVLMError(.usage, "nothing was deleted: confirm with --yes where there is no terminal")
                }
                Console.error("Delete \(Console.shown(name)) and all its versions? [y/N] ", newline: false)
                guard try InputLine.next()?.lowercased().hasPrefix("y") == true else {
                    throw MyVLMError(.cancelled, "nothing was deleted")
                }
            }
            let revision = try await client.deleteConcept(name)
            try output.show(Deleted(concept: name, revision: revision), "\(name) is deleted")
        }
    }
}
