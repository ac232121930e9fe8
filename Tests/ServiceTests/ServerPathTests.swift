import Client
import Foundation
import Foundations
import RPC
import Registry
import Service
import Testing
import VLM

/// No caller hears where files of the server lie, whatever fails.
@Suite(.timeLimit(.minutes(10))) struct ServerPathTests {
    /// What breaks below a running server, and the calls that meet it.
    private func expectNoPath(_ what: String, _ harness: Harness, _ body: () async throws -> Void) async {
        guard let error = await failure(body) else {
            Issue.record("\(what) did not fail")
            return
        }
        #expect(!error.message.contains(harness.folder), "\(what): \(error.message)")
        #expect(error.message.firstMatch(of: /(^|[ "(:])\/[A-Za-z0-9._-]+\//) == nil, "\(what): \(error.message)")
        #expect(error.message.utf8.count > 20, "\(what): \(error.message)")
    }

    /// A file in the place of a folder, as a mount that is gone leaves it.
    private func replace(_ path: String, byFile: Bool = true) throws {
        try? FileManager.default.removeItem(atPath: path)
        if byFile {
            try Data("x".utf8).write(to: URL(filePath: path))
        } else {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    @Test func whateverFailsBelowNamesNoPath() async throws {
        try await Harness.run { harness in
            let admin = try await harness.admin()
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            _ = try await admin.createBackup("good")
            let (home, manager) = (harness.home, FileManager.default)
            await expectNoPath("a name that is taken", harness) { _ = try await admin.createBackup("good") }
            await expectNoPath("a backup that is none", harness) { _ = try await admin.verifyBackup("none") }
            try manager.removeItem(atPath: home.backups + "/good/registry.sqlite")
            await expectNoPath("a backup without its database", harness) { _ = try await admin.verifyBackup("good") }
            try Data("{}".utf8).write(to: URL(filePath: home.backups + "/good/manifest.json"))
            await expectNoPath("a backup with a damaged manifest", harness) { _ = try await admin.verifyBackup("good") }
            try replace(home.backups)
            await expectNoPath("no folder for backups", harness) { _ = try await admin.createBackup("next") }
            try replace(home.jobs)
            await expectNoPath("no folder for jobs", harness) {
                _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            }
            try replace(home.uploads)
            await expectNoPath("no folder for uploads", harness) {
                _ = try await ann.enrolled(Harness.order("mug", thing: 3))
            }
            try replace(home.registry + "/erasures.journal", byFile: false)
            await expectNoPath("no journal", harness) { _ = try await ann.eraseConcept("zibo") }
            // The operator hears it, in the log.
            let log = harness.log.value.joined(separator: "\n")
            #expect(log.contains("problem") && log.contains(home.backups), "the log does not say which file it was")
            await ann.close()
            await admin.close()
        }
    }

    @Test func errorsForTheOperatorGiveCallersAFixedText() {
        let path = "/srv/myvlm/home"
        let errors: [any Error] = [
            ServiceError(.cannotCreate, "cannot write \(path)/jobs/1"), ServiceError(.storageFull, "full: \(path)"),
            ServiceError(.missingFile, path), RegistryError(.dataLoss, "damaged", place: path),
            VLMError(.checkpointMalformed, "\(path)/x.safetensors is cut"), VLMError(.unsupported, path),
            VLMError(.checkpointUnreadable, path),
        ]
        for error in errors {
            let status = StatusMapping.status(of: error)
            #expect(!status.message.contains(path), "\(error)")
            #expect(StatusMapping.problem(status)?.contains(path) ?? true, "\(error)")
            #expect(StatusMapping.problem(error)?.contains(path) == true, "\(error)")
        }
        #expect(StatusMapping.status(of: errors[1]).code == .resourceExhausted)
        #expect(RegistryError(.dataLoss, "damaged", place: path).operatorMessage == "\(path): damaged")
        // And where a room forgets it, the last look does not.
        let forgotten = RPCError(code: .notFound, message: "no file \(path)/a", trailers: ["retry-after-ms": "1"])
        let hidden = StatusMapping.status(forgotten, hiding: [path])
        #expect(hidden.message == StatusMapping.failed && hidden.code == .notFound)
        #expect(hidden.trailers["retry-after-ms"] == "1")
        #expect(StatusMapping.status(forgotten, hiding: ["/elsewhere"]).message == forgotten.message)
    }

    /// What others do on the server is for those who run it.
    @Test func theLoadOfTheServerIsForThoseWhoRunIt() async throws {
        try await Harness.run { harness in
            let admin = try await harness.admin()
            _ = try await admin.createUser(name: "iris", password: Harness.userPassword, role: .auditor)
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            _ = try await ann.enrolled(Harness.order("zibo"))
            _ = try await ann.captioned(Harness.photo(1, 9))
            let iris = try harness.client()
            _ = try await iris.login(user: "iris", password: Harness.userPassword)
            for client in [admin, iris] {
                let status = try await client.status()
                #expect(status.residentSets >= 1 && status.residentBytes > 0)
            }
            let (opened, source) = AsyncStream.makeStream(of: Void.self)
            let watching = Task { for try await _ in ann.watch() { source.yield() } }
            for await _ in opened { break }
            let stranger = try await ben.status()
            #expect(stranger.residentSets == 0 && stranger.residentBytes == 0 && stranger.activeRequests == 0)
            #expect(stranger.modelName == "tiny" && stranger.version == Release.version)
            #expect(try await ann.status().activeRequests == 1, "her own stream")
            watching.cancel()
            for client in [admin, ann, ben, iris] { await client.close() }
        }
    }
}
