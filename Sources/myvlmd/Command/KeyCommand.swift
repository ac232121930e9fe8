import ArgumentParser
import Foundation
import Registry
import Service

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Manage the master key.", subcommands: [KeyRotateCommand.self])
}

struct KeyRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Wrap all data keys of a stopped server under another master key.",
        discussion: """
            Artifacts are not touched. Without options the key is HOME/master.key, which is replaced by a new random \
            one: keep a copy of it. With --to the data keys are wrapped under the key in that file (mode 0600, 64 hex \
            digits), for servers that get theirs from $MYVLMD_MASTER_KEY.
            """)

    @Option(help: "The server's home.")
    var home: String

    @Option(help: "A file with the new key; it is not written.")
    var to: String?

    func run() async throws {
        try await reportingErrors {
            let home = ServerHome(path: home)
            try home.requireMade()
            let source = try MasterKeys.source(home, environment: ProcessInfo.processInfo.environment)
            if case .keys = source, to == nil {
                throw ServiceError(
                    .usage, "the key comes from \(MasterKeys.variable): name a file with its successor with --to")
            }
            var configuration = RegistryConfiguration(directory: home.registry)
            configuration.makesMissing = false
            configuration.masterKey = source
            let registry = try RegistryStore(configuration)
            do {
                let count =
                    if let to {
                        try await registry.rewrapDataKeys(under: try MasterKeyFile.read(to))
                    } else {
                        try await registry.rotateMasterKey(file: home.masterKey)
                    }
                try registry.close()
                try StandardStream.print(
                    "\(count) data keys are wrapped under \(to.map { "the key of \($0)" } ?? "a new key")")
            } catch {
                try? registry.close()  // The first error tells more.
                throw error
            }
        }
    }
}
