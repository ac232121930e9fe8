import ArgumentParser
import Foundation
import Registry
import Service

struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub", abstract: "Check every artifact of a stopped server.",
        discussion: """
            Compares it with its digest, and looks whether it is what an enrollment makes; with --model also whether it is \
            one of that model. While the server runs: `myvlm scrub`. Damage ends it with code 65.
            """)

    @Option(help: "The server's home.")
    var home: String

    @Option(help: "The model's folder, or a model of a hub that is in the cache (OWNER/NAME).")
    var model: String?

    func run() async throws {
        try await reportingErrors {
            let home = ServerHome(path: home)
            try home.requireMade()
            var configuration = RegistryConfiguration(directory: home.registry)
            configuration.makesMissing = false
            configuration.masterKey = try MasterKeys.source(
                home, environment: ProcessInfo.processInfo.environment)
            let registry = try RegistryStore(configuration)
            registry.inspectArtifacts(
                with: try model.map { try LoadedModel(directory: HubAccess.folder($0)).inspector }
                    ?? LoadedModel.inspectorWithoutModel)
            let report = try await registry.scrub(by: .console)
            try registry.close()
            for damage in report.damaged {
                try StandardStream.print(
                    "damaged: version \(damage.version) of \(damage.concept) of \(damage.user): \(damage.reason)")
            }
            for line in report.structure { try StandardStream.print("structure: \(line)") }
            guard report.isClean else {
                throw ServiceError(.badData, "restore a backup, or let its owners roll back or enroll again")
            }
            try StandardStream.print("\(report.artifacts) artifacts, \(report.bytes) bytes: all good")
        }
    }
}
