import ArgumentParser
import Client
import Terminal

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Make and check backups on the server (administrators only).",
        discussion: """
            EXAMPLES
              myvlm backup create
              myvlm backup verify 2026-11-23T120000Z

            Backups lie in the server's home, under backups/, without the master key. Restoring is done at the machine, \
            with the server stopped: `myvlmd backup restore`.
            """, subcommands: [BackupCreateCommand.self, BackupListCommand.self, BackupVerifyCommand.self])
}

struct BackupCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a backup while the server serves, and verify it.",
        discussion: """
            EXAMPLES
              myvlm backup create
              myvlm backup create before-upgrade
            """)

    @Argument(help: "Its name (default: the time).")
    var name: String = ""

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let backup = try await client.createBackup(name)
            if output.json { return try JSONOutput.write(backup) }
            try Console.out(backup.name)
            output.note(
                "\(backup.users) users, \(backup.concepts) concepts, \(Format.bytes(backup.bytes)), verified")
        }
    }
}

struct BackupListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the server's backups.",
        discussion: """
            EXAMPLES
              myvlm backup list
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let backups: [Backup] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let backups = try await client.backups()
            if output.json { return try JSONOutput.write(Listing(backups: backups)) }
            var table = Table(["NAME", "MADE", "USERS", "CONCEPTS", "SIZE", "SCHEMA"])
            for backup in backups {
                table.add([
                    backup.name, Format.time(backup.createdAtMs), "\(backup.users)", "\(backup.concepts)",
                    Format.bytes(backup.bytes), "\(backup.schema)",
                ])
            }
            try table.write()
        }
    }
}

struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a backup: digest, structure, audit chain, every artifact.",
        discussion: """
            EXAMPLES
              myvlm backup verify before-upgrade
            """)

    @Argument(help: "The backup.")
    var name: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let backup = try await client.verifyBackup(name)
            if output.json { return try JSONOutput.write(backup) }
            try Console.out("\(backup.name) is good")
        }
    }
}

struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Compare every artifact of the server with its digest (administrators only).",
        discussion: """
            EXAMPLES
              myvlm scrub
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let report = try await client.scrub()
            if output.json { try JSONOutput.write(report) }
            for damage in report.damaged {
                Console.error(
                    "damaged: version \(damage.version) of \(damage.concept) of \(damage.user): "
                        + Console.shown(damage.reason))
            }
            for line in report.structure { Console.error("structure: \(line)") }
            guard report.damaged.isEmpty, report.structure.isEmpty else {
                throw MyVLMError(
                    .dataLoss, "restore a backup, or let the owners roll back to another version or enroll again")
            }
            if !output.json {
                try Console.out("\(report.artifacts) artifacts, \(Format.bytes(report.bytes)): all good")
            }
        }
    }
}
