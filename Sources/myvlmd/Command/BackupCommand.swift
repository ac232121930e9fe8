import ArgumentParser
import Foundation
import Registry
import Service

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Verify and restore backups.",
        discussion: """
            Backups are made while the server runs: `myvlm backup create`. The master key is not part of them.
            """, subcommands: [BackupVerifyCommand.self, BackupRestoreCommand.self])
}

struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a backup: its digest, its structure, the audit chain, every artifact.")

    @Option(help: "The server's home, whose master key opens the backup.")
    var home: String

    @Argument(help: "The backup's folder.")
    var backup: String

    func run() async throws {
        try await reportingErrors {
            let key = try MasterKeys.source(
                ServerHome(path: home), environment: ProcessInfo.processInfo.environment)
            let manifest = try RegistryStore.verifyBackup(backup, masterKey: key)
            try StandardStream.print(
                "\(backup): good; \(manifest.users) users, \(manifest.concepts) concepts, schema \(manifest.schema)")
        }
    }
}

struct BackupRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of a stopped server's registry.",
        discussion: """
            The backup is verified first. The registry as it was stays beside it, as registry.sqlite.before-restore. \
            All tokens end, so everybody logs in again; watchers are told to begin anew; what was erased since the \
            backup was made is erased again.
            """)

    @Option(help: "The server's home.")
    var home: String

    @Argument(help: "The backup's folder.")
    var backup: String

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        try await reportingErrors {
            let home = ServerHome(path: home)
            try home.requireMade()
            if !yes {
                guard isatty(STDIN_FILENO) == 1 else {
                    throw ServiceError(.usage, "nothing was restored: confirm with --yes where there is no terminal")
                }
                try StandardStream.print("Replace the registry of \(home.path) by \(backup)? [y/N] ", terminator: "")
                guard readLine()?.lowercased().hasPrefix("y") == true else {
                    throw ServiceError(.usage, "nothing was restored")
                }
            }
            var configuration = RegistryConfiguration(directory: home.registry)
            configuration.masterKey = try MasterKeys.source(
                home, environment: ProcessInfo.processInfo.environment)
            let manifest = try RegistryStore.restoreBackup(backup, into: configuration)
            try StandardStream.print(
                "restored \(manifest.users) users and \(manifest.concepts) concepts; everybody must log in again")
        }
    }
}
