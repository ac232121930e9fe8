import Foundation
import Hub
import LocalFiles
import ProcessTestSupport
import Synchronization

/// The python that tests run: `MYVLM_PYTHON`, the one `Scripts/setup` makes, or the system's.
enum Python {
    static let path: String = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["MYVLM_PYTHON"] { return named }
        let own = (environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm") + "/venv/bin/python"
        return FileManager.default.isExecutableFile(atPath: own) ? own : "/usr/bin/python3"
    }()

    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Program.Output {
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        return try await Program(path: path, environment: all).run(arguments)
    }

    /// Whether it can be run, and has a module.
    static func has(_ module: String) async -> Bool { (try? await run(["-c", "import \(module)"]).code) == 0 }
}

/// `python/hub_server.py` with files of its own, over TLS with a certificate of its own, and a cache beside it.
final class HubServer: Sendable {
    /// One request it got.
    struct Request: Decodable, Sendable {
        let server: String
        let method: String
        let path: String
        let range: String?
        let token: Bool
    }

    static let token = "hf_secret"
    static let commit = "0123456789abcdef0123456789abcdef01234567"

    let folder: String
    let files: [String: [UInt8]]
    let endpoint: String
    private let program: RunningProgram

    init(_ files: [String: [UInt8]] = SampleModel.files()) async throws {
        self.files = files
        folder = NSTemporaryDirectory() + "hub-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/files", withIntermediateDirectories: true)
        for (name, bytes) in files { try Data(bytes).write(to: URL(filePath: "\(folder)/files/\(name)")) }
        let made = try await Program(path: "/usr/bin/openssl").run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=hub", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out",
            folder + "/ca.pem",
        ])
        guard made.code == 0 else { throw CocoaError(.executableLoad, userInfo: ["openssl": made.error]) }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "python/hub_server.py").path()
        program = try await Program(path: Python.path, environment: ProcessInfo.processInfo.environment).start(
            [script, folder + "/ca.pem", folder + "/key.pem", folder + "/files", folder + "/requests"],
            log: folder + "/log", until: "ready")
        endpoint = "https://127.0.0.1:" + program.firstLine.split(separator: " ")[1]
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Variables for whoever speaks to it.
    func environment(token: String? = nil) -> [String: String] {
        var all = [
            "HF_ENDPOINT": endpoint, "HF_HOME": folder + "/home", "SSL_CERT_FILE": folder + "/ca.pem",
            "HF_HUB_DOWNLOAD_TIMEOUT": "600",
        ]
        all["HF_TOKEN"] = token
        return all
    }

    /// A client that waits for nothing, with what it was told and asked to wait.
    func client(
        token: String? = nil, stallSeconds: Int? = nil, home: String? = nil
    ) throws -> (client: HubClient, told: Told) {
        var settings = try HubSettings(
            environment: environment(token: token).merging(home.map { ["HF_HOME": $0] } ?? [:]) { $1 }, home: nil)
        if let stallSeconds { settings.transport.stallSeconds = stallSeconds }
        let told = Told()
        let client = HubClient(
            settings, transport: try CurlTransport(settings.transport),
            wait: { told.add(wait: $0) }, tell: { told.add($0) })
        return (client, told)
    }

    /// Every request so far, in order.
    func requests() throws -> [Request] {
        guard let text = try? String(contentsOfFile: folder + "/requests", encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }
}

/// What a client told while it worked.
final class Told: Sendable {
    private let state = Mutex<(events: [PullEvent], waits: [Int])>(([], []))

    var events: [PullEvent] { state.withLock { $0.events } }
    /// Seconds that it would have waited.
    var waits: [Int] { state.withLock { $0.waits } }

    func add(_ event: PullEvent) { state.withLock { $0.events.append(event) } }
    func add(wait seconds: Int) { state.withLock { $0.waits.append(seconds) } }
}

extension HubClient {
    /// Plans and pulls.
    func get(_ id: String, including patterns: [String] = []) throws -> LocalPath {
        try pull(plan(ModelID(id), including: patterns))
    }
}

/// The error that something throws.
func refusal(_ body: () throws -> Void) -> HubError? {
    do {
        try body()
        return nil
    } catch {
        return error as? HubError ?? HubError(.cancelled, "another error: \(error)")
    }
}
