import Client
import Foundation
import ProcessTestSupport
import Registry
import Runtime
import Service
import Testing
import VLM
import VLMTestSupport

/// `myvlmd serve` with several models as they are typed, over small random checkpoints of two architectures.
@Suite(.timeLimit(.minutes(10))) struct SeveralModelsProcessTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "VLMTests/Fixtures/checkpoints-hub")

    private static func model(_ name: String) -> String { fixtures.appending(path: "\(name)/model").path() }

    /// A new home; its configuration is as `change` leaves it.
    private func withHome(
        _ change: (inout ServiceConfiguration) -> Void = { _ in }, _ body: (ServerHome, String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "myvlm-several-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let home = ServerHome(path: folder + "/home")
        try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
            password: Harness.adminPassword, passwordCost: .weakForTests)
        var configuration = try ServiceConfiguration.load(home)
        change(&configuration)
        try JSONEncoder().encode(configuration).write(to: URL(filePath: home.configuration))
        try await body(home, folder)
    }

    /// Starts a server, and runs the body with a client of its administrator.
    private func serving(
        _ home: ServerHome, _ folder: String, _ arguments: [String], _ body: (MyVLMClient) async throws -> Void
    ) async throws {
        let log = folder + "/\(UUID().uuidString).log"
        let program = try await CommandLineTool.named("myvlmd").start(
            ["serve", "--home", home.path, "--listen", "127.0.0.1:0"] + arguments, log: log)
        let line = program.firstLine
        try #require(line.hasPrefix("listening on "), "\(line)")
        let address = try ListenAddress(String(line.dropFirst("listening on ".count)))
        let client = try MyVLMClient(
            ConnectionOptions(host: address.host, port: address.port, authorityFile: home.authority),
            timeout: Harness.patience)
        _ = try await client.login(user: "admin", password: Harness.adminPassword)
        try await body(client)
        await client.close()
        program.signal(SIGTERM)
        let code = try await program.ended()
        let told = try String(contentsOfFile: log, encoding: .utf8)
        #expect(code == 0, "\(told)")
    }

    private func states(_ client: MyVLMClient) async throws -> [String] {
        try await client.status().models.map { "\($0.name) \($0.state)" }
    }

    private func digest(_ client: MyVLMClient, _ model: String = "") async throws -> String {
        try await client.captioned(Harness.photo(1), sampling: SamplingOptions(maxTokens: 4), model: model)
            .answer.modelDigest
    }

    @Test func modelsOfTwoArchitecturesAnswerSideBySide() async throws {
        try await withHome { home, folder in
            try await serving(
                home, folder, ["--model", "old=\(Self.model("llava"))", "--model", "small=\(Self.model("smolvlm"))"]
            ) { client in
                #expect(try await states(client) == ["old ready", "small absent"])
                let (old, small) = (try await digest(client), try await digest(client, "small"))
                #expect(old != small)
                #expect(try await digest(client, "old") == old)
                let models = try await client.status().models
                #expect(models.map(\.digest) == [old, small] && models.allSatisfy { $0.bytes > 500_000 })
                #expect(try await states(client) == ["old ready", "small ready"])
            }
            // The next start knows both before it has loaded the second.
            try await serving(
                home, folder, ["--model", "old=\(Self.model("llava"))", "--model", "small=\(Self.model("smolvlm"))"]
            ) { client in
                let models = try await client.status().models
                #expect(models.count == 2 && models.allSatisfy { !$0.digest.isEmpty })
            }
        }
    }

    /// The table of config.json, each model with options of its own, in less room than both need.
    @Test func aTableOfModelsIsServedInTheRoomThereIs() async throws {
        try await withHome({ configuration in
            configuration.models = [
                ModelSetting(name: "small", path: Self.model("smolvlm"), dtype: "bf16"),
                ModelSetting(
                    name: "old", path: Self.model("llava"), dtype: "bf16", headEncoder: Self.model("clip")),
            ]
            configuration.modelBytes = 1_200_000
        }) { home, folder in
            try await serving(home, folder, []) { client in
                let small = try await digest(client)
                let old = try await digest(client, "old")
                #expect(try await states(client) == ["small absent", "old ready"])
                #expect(try await digest(client) == small && small != old)
                #expect(try await states(client) == ["small ready", "old absent"])
            }
            let refused = try await CommandLineTool.named("myvlmd").run(["serve", "--home", home.path, "--tiles"])
            #expect(refused.code == 64 && refused.error.contains("config.json"), "\(refused)")
        }
    }

    @Test func whatCannotBeServedIsToldBeforeAnythingIsLoaded() async throws {
        let (llava, smolvlm) = (Self.model("llava"), Self.model("smolvlm"))
        try await withHome { home, folder in
            for (arguments, code, words) in [
                (["a=\(llava)", smolvlm], 64, ["each has a name", "NAME=\(smolvlm)"]),
                (["a=\(llava)", "a=\(smolvlm)"], 64, ["two models are called a"]),
                (["a=\(llava)", "b/c=\(smolvlm)"], 64, ["b/c"]),
                (["a=\(llava)", "b=\(folder)/nowhere"], 66, ["\(folder)/nowhere", "holds no model"]),
                (["a=\(llava)", "b="], 64, ["b="]),
            ] as [([String], Int32, [String])] {
                let output = try await CommandLineTool.named("myvlmd").run(
                    ["serve", "--home", home.path, "--listen", "127.0.0.1:0"] + arguments.flatMap { ["--model", $0] })
                #expect(output.code == code, "\(arguments): \(output)")
                for word in words { #expect(output.error.contains(word), "\(arguments): \(output)") }
                #expect(!FileManager.default.fileExists(atPath: home.models))
            }
        }
        try await withHome({ $0.modelBytes = 1 << 20 }) { home, _ in
            let output = try await CommandLineTool.named("myvlmd").run(
                ["serve", "--home", home.path, "--dtype", "f32", "--model", "a=\(llava)", "--model", "b=\(smolvlm)"])
            #expect(output.code == 64 && output.error.contains("the model a"), "\(output)")
            #expect(output.error.contains("takes 2 MB") && output.error.contains("modelBytes"), "\(output)")
        }
    }

    /// What `myvlm` shows of several models, and how it names one.
    @Test func modelsAreNamedOnTheCommandLine() async throws {
        var setup = Harness.Setup()
        setup.models = ["first", "second"].enumerated().map { index, name in
            ModelEntry(name: name, source: name, bytes: 1_000) { concepts, _ in
                try PersonalizedVLM(TinyVLM.make(seed: UInt64(index)), over: concepts)
            }
        }
        try await Harness.run(setup) { harness in
            await (try harness.user("ann")).close()
            let ann = try CommandLineTool.named("myvlm", environment: ["MYVLM_CONFIG": harness.folder + "/ann.json"])
            let login = try await ann.run(
                ["login", "ann", "--server", "\(harness.address)", "--ca", harness.home.authority],
                input: Harness.userPassword + "\n")
            #expect(login.code == 0, "\(login)")
            let photos = try (0..<3).map { (view: UInt64) in
                let path = "\(harness.folder)/thing-\(view).png"
                try Data(Harness.photo(1, view).bytes).write(to: URL(filePath: path))
                return path
            }
            let lines = try await ann.run(["caption", photos[0], "--model", "second", "--jsonl"])
            let events = try lines.out.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            #expect(events.first?["event"] as? String == "loading" && events.first?["model"] as? String == "second")
            #expect(events.last?["event"] as? String == "end", "\(lines)")
            let status = try await ann.run(["status"])
            #expect(status.code == 0 && status.out.contains("model first"), "\(status)")
            let models = try await ann.run(["status", "--json"]).json["models"] as? [[String: Any]]
            #expect(models?.map { $0["name"] as? String } == ["first", "second"])
            #expect(models?.map { $0["state"] as? String } == ["ready", "ready"])

            let enrolled = try await ann.run(["enroll", "zibo", "--class", "mug", "--model", "second", "-q"] + photos)
            #expect(enrolled.code == 0, "\(enrolled)")
            let list = try await ann.run(["concept", "list"])
            #expect(list.out.contains("MODEL") && list.out.contains("second"), "\(list)")
            let concepts = try await ann.run(["concept", "list", "--json"]).json["concepts"] as? [[String: Any]]
            #expect(concepts?.first?["model"] as? String == "second")
            let own = try await ann.run(["recognize", photos[0], "--model", "second", "--json"])
            #expect(try (own.json["results"] as? [Any])?.count == 1, "\(own)")
            #expect(try own.json["model_digest"] as? String == models?.last?["digest"] as? String)
            #expect(try (await ann.run(["recognize", photos[0], "--json"]).json["results"] as? [Any])?.isEmpty == true)

            let none = try await ann.run(["ask", photos[0], "What is it?", "--model", "secnd"])
            #expect(none.code == 65 && none.error.contains("did you mean second?"), "\(none)")
        }
    }
}
