import ArgumentParser
import Foundation
import Registry
import Service

struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub", abstract: "Check every artifact of a stopped server against its digest.",
        discussion: "While the server runs: `myvlm scrub`. Damage ends it with code 65.")

    @Option(help: "The server's home.")
    var home: String

    func run() async throws {
        try await reportingErrors {
            let home = ServerHome(path: home)
            var configuration = RegistryConfiguration(directory: home.registry)
            configuration.masterKey = try MasterKeys.source(
                home, environment: ProcessInfo.processInfo.environment)
            guard FileManager.default.fileExists(atPath: home.registry) else {
                throw ServiceError(.missingFile, "\(home.path) is no server home; run `myvlmd init` first")
            }
            let registry = try RegistryStore(configuration)
            let report = try await registry.scrub(by: .console)
            try registry.close()
            for damage in report.damaged {
                print("damaged: version \(damage.version) of \(damage.concept) of \(damage.user)")
            }
            for line in report.structure { print("structure: \(line)") }
            guard report.isClean else {
                throw ServiceError(.badData, "restore a backup, or let its owners roll back or enroll again")
            }
            print("\(report.artifacts) artifacts, \(report.bytes) bytes: all good")
        }
    }
}
