import Foundation
import Logging
import Registry
import Runtime
import Service
import Testing

/// A home of which a file vanished or was replaced: the server says which, and makes nothing in its place.
@Suite(.timeLimit(.minutes(10))) struct HomeFilesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let file: String
        let what: String
        let code: ServiceError.Code
        var testDescription: String { "\(file) \(what)" }
    }

    private static let files = ["registry/registry.sqlite", "master.key", "server.pem", "server.key"]
    static let cases: [Case] =
        files.flatMap { (file: String) -> [Case] in
            [
                Case(file: file, what: "gone", code: .missingFile), Case(file: file, what: "empty", code: .badData),
                Case(file: file, what: "folder", code: .badData), Case(file: file, what: "pipe", code: .badData),
            ]
        } + [
            Case(file: "registry", what: "gone", code: .missingFile),
            Case(file: "server.pem", what: "other", code: .badData),
            Case(file: "server.key", what: "other", code: .badData),
            Case(file: "server.pem", what: "text", code: .badData),
            Case(file: "server.key", what: "text", code: .badData),
            Case(file: "master.key", what: "text", code: .unavailable),
            Case(file: "master.key", what: "other", code: .unavailable),
            Case(file: "registry/registry.sqlite", what: "text", code: .badData),
            Case(file: "registry/registry.sqlite", what: "other", code: .unavailable),
        ]

    private func made() async throws -> ServerHome {
        let home = ServerHome(path: NSTemporaryDirectory() + "myvlm-files-\(UUID().uuidString)")
        try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
            password: Harness.adminPassword, passwordCost: .weakForTests)
        return home
    }

    private func open(_ home: ServerHome) throws {
        struct Reached: Error {}
        do {
            _ = try MyVLMServer(
                home: home, configuration: try ServiceConfiguration.load(home),
                listen: ListenAddress(host: "127.0.0.1", port: 0), logger: Logger(label: "test")
            ) { (_: any ConceptSource) -> PersonalizedVLM in throw Reached() }
        } catch is Reached {}
    }

    @Test(arguments: cases)
    func aLostFileIsNamed(lost: Case) async throws {
        let home = try await made()
        let other = try await made()
        let manager = FileManager.default
        defer { for it in [home, other] { try? manager.removeItem(atPath: it.path) } }
        try open(home)
        let path = home.path + "/" + lost.file
        try manager.removeItem(atPath: path)
        switch lost.what {
        case "empty": try Data().write(to: URL(filePath: path))
        case "folder": try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
        case "pipe": try #require(mkfifo(path, 0o600) == 0)
        case "text":
            try Data(String(repeating: "a letter ", count: 100).utf8).write(to: URL(filePath: path))
            try #require(chmod(path, 0o600) == 0)
        case "other": try manager.copyItem(atPath: other.path + "/" + lost.file, toPath: path)
        default: break
        }
        do {
            try open(home)
            Issue.record("\(lost) was passed over")
        } catch let error as ServiceError {
            #expect(error.code == lost.code, "\(error)")
            let name =
                lost.file.hasPrefix("registry") || lost.what == "other" && lost.file == "master.key"
                ? "registry.sqlite" : lost.file
            #expect(error.message.contains(name), "\(error)")
        }
        if lost.what == "gone" { #expect(!manager.fileExists(atPath: path), "something was made in its place") }
    }

    /// What is left over by others, or only for handing out, keeps nobody from serving.
    @Test func whatIsNotVitalMayBeMissing() async throws {
        let home = try await made()
        defer { try? FileManager.default.removeItem(atPath: home.path) }
        for file in [home.authority, home.authorityKey] { try FileManager.default.removeItem(atPath: file) }
        try open(home)
    }
}
