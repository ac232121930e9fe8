import Client
import Foundation
import ProcessTestSupport
import Registry
import Service
import Testing

/// The server as a process of its own with the default model, killed by SIGKILL while it trains.
@Suite(.serialized, .timeLimit(.minutes(15))) struct KilledServerTests {
    private static let model =
        ProcessInfo.processInfo.environment["MYVLM_MODEL"]
        ?? (ProcessInfo.processInfo.environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm") + "/models/pocket"

    /// When the server dies.
    private enum Moment: CaseIterable {
        case never
        /// The enrollment is written down, and nothing has begun.
        case written
        case firstStep
        case halfWay

        func isReached(_ event: EnrollmentEvent) -> Bool {
            switch (self, event) {
            case (.written, .job): true
            case (.firstStep, .progress): true
            case (.halfWay, .progress(let progress)): progress.step * 2 >= progress.steps
            default: false
            }
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: model + "/config.json")))
    func anEnrollmentSurvivesSIGKILLToTheSameBytes() async throws {
        let folder = NSTemporaryDirectory() + "myvlm-kill-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let home = ServerHome(path: folder + "/home")
        try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
            password: Harness.adminPassword, passwordCost: .weakForTests)
        var server = try await ServerProcess(home: home, model: Self.model, log: folder + "/log")
        var digests: [String] = []
        for moment in Moment.allCases {
            let user = "\(moment)".lowercased()
            let admin = try await server.client("admin", Harness.adminPassword)
            _ = try await admin.createUser(name: user, password: Harness.userPassword)
            await admin.close()
            var client = try await server.client(user, Harness.userPassword)
            var order = EnrollmentOrder(
                name: "kettle", kind: .object, classNoun: "teapot", photos: try Self.photos, captions: [], seed: 7)
            order.detach = true
            for try await event in client.enroll(order) where moment.isReached(event) {
                try await server.kill()
                break
            }
            await client.close()
            if moment != .never {
                server = try await ServerProcess(home: home, model: Self.model, log: folder + "/log")
            }
            client = try await server.client(user, Harness.userPassword)
            let job = try #require(try await client.jobs().first)
            if !job.isOver { for try await _ in client.attach(job.id) {} }
            let ended = try await client.job(job.id)
            #expect(ended.state == "succeeded" && ended.attempts <= 2, "\(moment): \(ended)")
            if moment == .firstStep || moment == .halfWay { #expect(ended.attempts == 2, "\(moment): \(ended)") }
            digests.append(try #require(try await client.versions(of: "kettle").first?.digest))
            await client.close()
        }
        #expect(Set(digests).count == 1, "\(digests)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.jobs).isEmpty)
        try await server.kill()
    }

    private static var photos: [Photo] {
        get throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Demo/photos")
            return try ["teapot-cloth-1", "teapot-kitchen-1", "teapot-sill-1"].map {
                try Photo(file: folder.appending(path: "\($0).jpg").path())
            }
        }
    }
}

/// `myvlmd serve` on a free port. It does not outlive this object.
private final class ServerProcess {
    private let program: RunningProgram
    private let home: ServerHome
    private let address: ListenAddress

    /// Starts it and waits until it listens.
    init(home: ServerHome, model: String, log: String) async throws {
        self.home = home
        program = try await CommandLineTool.named("myvlmd").start(
            ["serve", "--home", home.path, "--model", model, "--listen", "127.0.0.1:0"], log: log)
        let line = program.firstLine
        try #require(line.hasPrefix("listening on "), "\(line)")
        address = try ListenAddress(String(line.dropFirst("listening on ".count)))
    }

    /// SIGKILL: nothing of it runs any more when this returns.
    func kill() async throws { try await program.kill() }

    /// A client that is logged in.
    func client(_ user: String, _ password: String) async throws -> MyVLMClient {
        let client = try MyVLMClient(
            ConnectionOptions(host: address.host, port: address.port, authorityFile: home.authority),
            timeout: Harness.patience)
        _ = try await client.login(user: user, password: password)
        return client
    }
}
