import Foundation
import Hub
import LocalFiles
import ProcessTestSupport
import Testing
import WaitingTestSupport

/// `myvlmd model` and `myvlmd serve --model OWNER/NAME`, as they are typed.
@Suite(.enabled("no python in \(Python.path)", { await Python.has("ssl, http.server") }), .timeLimit(.minutes(10)))
struct ModelCommandTests {
    private func program(_ server: HubServer, _ more: [String: String] = [:]) throws -> Program {
        var environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "HOME": server.folder]
        environment.merge(server.environment()) { $1 }
        environment.merge(more) { $1 }
        return try Program.built("myvlmd", environment: environment)
    }

    private func json(_ output: Program.Output) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output.out.utf8)) as? [String: Any], "\(output)")
    }

    @Test func aModelIsPulledListedVerifiedAndRemoved() async throws {
        let server = try await HubServer()
        let program = try program(server, ["HF_TOKEN": HubServer.token])
        let planned = try await program.run(["model", "pull", "test/gated", "--dry-run", "--json"])
        #expect(planned.code == 0, "\(planned)")
        #expect(try json(planned)["fetched"] as? Bool == false)
        #expect(
            try json(planned)["memory_bytes"] as? [String: Int] == [
                "f32": 221_184, "bf16": 110_592, "int8": 62_592, "q4": 40_192,
            ])
        #expect(
            planned.error.contains("weights in memory: 213 kB as they are stored, 221 kB in f32")
                && planned.error.contains("a llava model"))
        #expect(try json(try await program.run(["model", "list", "--json"]))["models"] as? [String] == [])

        let pulled = try await program.run(["model", "pull", "test/gated", "--json"])
        #expect(pulled.code == 0 && pulled.error.contains("fetching model.safetensors, 213 kB"), "\(pulled)")
        #expect(pulled.error.contains("100 % of"), "\(pulled)")
        let told = try json(pulled)
        #expect(
            Set(told.keys) == [
                "model", "revision", "commit", "folder", "fetched", "model_type", "bytes", "missing_bytes",
                "parameters",
                "stored_bytes", "memory_bytes", "files",
            ])
        let folder = try #require(told["folder"] as? String)
        #expect(FileManager.default.fileExists(atPath: folder + "/model.safetensors"))
        let again = try await program.run(["model", "pull", "test/gated"])
        #expect(again.code == 0 && again.out == folder + "\n" && again.error.contains("0 bytes of"), "\(again)")

        let list = try await program.run(["model", "list"])
        #expect(list.out.hasPrefix("test/gated  213 kB\n  0123456789ab  main  3 files, 213 kB\n"), "\(list)")
        let good = try await program.run(["model", "verify", "test/gated"])
        #expect(good.code == 0 && good.out.contains("3 files good"), "\(good)")
        try Data("changed".utf8).write(to: URL(filePath: folder + "/tokenizer.json").resolvingSymlinksInPath())
        let damaged = try await program.run(["model", "verify", "test/gated", "--json"])
        #expect(damaged.code == 65 && damaged.error.contains("pull it again"), "\(damaged)")
        #expect(try (json(damaged)["damaged"] as? [[String: String]])?.first?["path"] == "tokenizer.json")

        let asked = try await program.run(["model", "rm", "test/gated"])
        #expect(asked.code == 64 && asked.error.contains("--yes"), "\(asked)")
        let removed = try await program.run(["model", "rm", "test/gated", "--yes"])
        #expect(removed.code == 0 && !FileManager.default.fileExists(atPath: folder), "\(removed)")
        #expect(try await program.run(["model", "verify", "test/gated"]).code == 66)
        for output in [planned, pulled, again, list, good, damaged] {
            #expect(!output.out.contains(HubServer.token) && !output.error.contains(HubServer.token))
        }
    }

    @Test(
        arguments: [
            ("test/gated", 77), ("test/missing", 66), ("test/good@nowhere", 66), ("test/crowded", 75),
            ("test/wrong-digest", 65),
            ("a/b/c", 64),
        ] as [(String, Int32)])
    func eachRefusalHasItsCode(model: String, code: Int32) async throws {
        let server = try await HubServer()
        let output = try await program(server).run(["model", "pull", model])
        #expect(output.code == code && output.error.contains("myvlmd: ") && output.out.isEmpty, "\(output)")
    }

    @Test func withoutAHubTheReasonIsTold() async throws {
        let server = try await HubServer()
        let away = try await program(server, ["HF_ENDPOINT": "https://127.0.0.1:1"]).run(["model", "pull", "test/good"])
        #expect(away.code == 69 && away.error.contains("cannot be reached"), "\(away)")
        let offline = try await program(server, ["HF_HUB_OFFLINE": "1"]).run(["model", "pull", "test/good"])
        #expect(offline.code == 69 && offline.error.contains("HF_HUB_OFFLINE"), "\(offline)")
    }

    /// A checkpoint in shards that can be loaded.
    private static func loadable() throws -> [String: [UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "VLMTests/Fixtures/checkpoints-hub/llava/model")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        return Dictionary(
            try names.map { ($0, Array(try Data(contentsOf: folder.appending(path: $0)))) }
        ) { first, _ in first }
    }

    /// A new home, and the arguments that serve it.
    private func home(_ server: HubServer) async throws -> [String] {
        let made = try await program(server).run(
            ["init", "--home", server.folder + "/server"], input: "a good password\n")
        #expect(made.code == 0, "\(made)")
        return ["serve", "--home", server.folder + "/server", "--listen", "127.0.0.1:0", "--model"]
    }

    @Test func serveFetchesWhatIsNotThere() async throws {
        let server = try await HubServer(Self.loadable())
        let (program, serve) = (try program(server), try await home(server))
        let refused = try await program.run(serve + ["test/cut", "--offline"])
        #expect(refused.code == 66 && refused.error.contains("myvlmd model pull test/cut"), "\(refused)")
        #expect(try server.requests().isEmpty)
        for arguments in [["test/cut"], ["test/cut", "--offline"], ["small=test/cut", "--offline"]] {
            let running = try await program.start(
                serve + arguments, log: server.folder + "/serve.log", until: "listening")
            running.signal(SIGTERM)
            #expect(try await running.ended() == 0)
        }
        let log = try String(contentsOfFile: server.folder + "/serve.log", encoding: .utf8)
        #expect(!log.contains("fetching"), "the second time all is there")
    }

    @Test func serveFetchesNoModelThatItCannotServe() async throws {
        let server = try await HubServer([
            "config.json": Array(#"{"model_type": "bert"}"#.utf8), "model.safetensors": SampleModel.safetensors(),
        ])
        let output = try await program(server).run(home(server) + ["test/good"])
        #expect(output.code == 65 && output.error.contains("of the type bert"), "\(output)")
        let (client, _) = try server.client()
        #expect(try client.cache.models().isEmpty)
    }

    /// A signal that comes while a model is fetched ends the server, and what has come stays.
    @Test func aSignalEndsAPull() async throws {
        let server = try await HubServer(Self.loadable())
        let arguments = try await home(server) + ["test/stall"]
        // Through a shell that says its number first, as nothing is said on standard output before the server listens.
        let program = try program(server)
        let command = "echo started; exec \(program.path) \(arguments.joined(separator: " "))"
        let log = server.folder + "/serve.log"
        let running = try await Program(path: "/bin/sh", environment: program.environment).start(
            ["-c", command], log: log, until: "started")
        try await eventually("the server fetches weights") {
            try String(contentsOfFile: log, encoding: .utf8).contains("fetching model-00001")
        }
        running.signal(SIGTERM)
        #expect(try await running.ended() == 0)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("the next start goes on from there"))
    }
}
