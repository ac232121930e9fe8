import Client
import Foundation
import Foundations
import ProcessTestSupport
import Registry
import Service
import Testing

/// The server as a process of its own: signals, and streams that take nothing.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ServingProcessTests {
    private static let model =
        ProcessInfo.processInfo.environment["MYVLM_MODEL"]
        ?? (ProcessInfo.processInfo.environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm") + "/models/pocket"
    private static let hasModel = FileManager.default.fileExists(atPath: model + "/config.json")

    /// Runs `myvlmd serve` through a shell, for its redirections, until it listens; then the body with its home.
    private func serving(
        _ redirection: String, _ body: (RunningProgram, ServerHome, String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "myvlm-serving-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let home = ServerHome(path: folder + "/home")
        try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
            password: Harness.adminPassword, passwordCost: .weakForTests)
        try #require(mkfifo(folder + "/fifo", 0o600) == 0)
        let server = try CommandLineTool.named("myvlmd")
        let command =
            "exec \(server.path) serve -v --home \(home.path) --model \(Self.model) --listen 127.0.0.1:0 "
            + redirection.replacing("FIFO", with: folder + "/fifo")
        let fifo = open(folder + "/fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        try #require(fifo >= 0)
        defer { close(fifo) }
        // Full, and nobody reads it.
        let filler = [UInt8](repeating: 0x2E, count: 4_096)
        while write(fifo, filler, filler.count) > 0 {}
        let program = try await Program(path: "/bin/sh", environment: server.environment).start(
            ["-c", command], log: folder + "/log", until: "listening")
        try await body(program, home, folder + "/log")
    }

    private func status(_ home: ServerHome, times: Int) async throws {
        let text = try String(contentsOfFile: home.endpoint, encoding: .utf8).dropLast()
        let address = try ListenAddress(String(text))
        let client = try MyVLMClient(
            ConnectionOptions(host: address.host, port: address.port, authorityFile: home.authority),
            timeout: Harness.patience)
        _ = try await client.login(user: "admin", password: Harness.adminPassword)
        for _ in 0..<times { #expect(try await client.status().version == Release.version) }
        await client.close()
    }

    /// A terminal that was closed took the server with it.
    @Test(.enabled(if: hasModel)) func signalsOfOthersEndNothing() async throws {
        try await serving("") { program, home, log in
            for _ in 0..<2 {
                for number in [SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM] {
                    program.signal(number)
                    try await status(home, times: 1)
                }
            }
            program.signal(SIGTERM)
            #expect(try await program.ended() == 0)
            #expect(try String(contentsOfFile: log, encoding: .utf8).contains("signal was ignored"))
            #expect(!FileManager.default.fileExists(atPath: home.endpoint))
        }
    }

    /// Standard output on a full disk ended the server by a trap; a log that nobody reads would have stopped it.
    @Test(
        .enabled(if: hasModel),
        arguments: ["2>&1 >/dev/full", "2>FIFO", "2>/dev/full", "2>&-", "2>&1 >&-", "2>&1 >FIFO"])
    func streamsThatTakeNothingHoldUpNothing(redirection: String) async throws {
        try await serving(redirection) { program, home, _ in
            try await status(home, times: 500)
            program.signal(SIGTERM)
            #expect(try await program.ended() == 0, "\(redirection)")
            let after = try await CommandLineTool.named("myvlmd").run(["scrub", "--home", home.path])
            #expect(after.code == 0, "\(after)")
        }
    }
}
