import ArgumentParser
import Client
import Terminal

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Read and verify the audit log (administrators and auditors).",
        discussion: """
            EXAMPLES
              myvlm audit tail --lines 100
              myvlm audit verify
            """,
        subcommands: [AuditTailCommand.self, AuditVerifyCommand.self])
}

struct AuditTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the newest rows, the last one last.",
        discussion: """
            EXAMPLES
              myvlm audit tail
              myvlm audit tail --lines 100 --before 4000

            The log holds codes, not names; names are shown while what they belong to exists.
            """)

    @Option(help: "How many rows, at most 1000.")
    var lines: Int = 20

    @Option(help: "Rows before this number only.")
    var before: Int64 = 0

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let rows: [AuditRow] }

    func validate() throws {
        try Bound.check(lines, Limits.listing, "--lines")
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let rows = try await client.audit(limit: lines, before: before).reversed()
            if output.json { return try JSONOutput.write(Listing(rows: Array(rows))) }
            var table = Table(["ROW", "WHEN", "WHO", "WHAT", "TO", "DETAILS"])
            for row in rows {
                table.add([
                    "\(row.sequence)", Format.time(row.atMs), row.actorName.unlessEmpty ?? row.actor, row.action,
                    row.targetName.unlessEmpty ?? (row.target.isEmpty ? "-" : row.target), row.detailsJson,
                ])
            }
            try table.write()
        }
    }
}

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Walk the whole chain; code 65 names the first row that is not as it was.",
        discussion: """
            EXAMPLES
              myvlm audit verify
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let found = try await client.verifyAudit()
            if output.json { try JSONOutput.write(found) }
            guard found.intact else {
                throw MyVLMError(
                    .invalidArgument,
                    "row \(found.brokenAt) is \(found.how.unlessEmpty ?? "not as it was"): somebody changed the database; "
                        + "compare it with a backup")
            }
            if !output.json { try Console.out("\(found.rows) rows, all as they were written") }
        }
    }
}
