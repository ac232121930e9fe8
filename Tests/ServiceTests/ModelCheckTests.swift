import Client
import Foundation
import ProcessTestSupport
import Service
import Testing

/// `myvlmd model check`: the administrator sees whom a model would leave behind before it is served.
@Suite(.timeLimit(.minutes(10))) struct ModelCheckTests {
    private static let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "VLMTests/Fixtures/checkpoints-hub/llava/model").path()

    private func check(_ home: ServerHome, _ more: [String] = [], model: String = model) async throws -> Program.Output
    {
        try await CommandLineTool.named("myvlmd").run(["model", "check", model, "--home", home.path] + more)
    }

    /// Ann has two concepts, one of them with kept photos; Ben has one; Cleo has none.
    private func fill(_ harness: Harness) async throws {
        let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
        let cleo = try await harness.user("cleo")
        _ = try await ann.enrolled(Harness.keptOrder("zibo"))
        _ = try await ann.enrolled(Harness.order("secret", thing: 2))
        _ = try await ben.enrolled(Harness.order("zibo", thing: 3))
        for client in [ann, ben, cleo] { await client.close() }
    }

    @Test func theNumbersAreToldWhileTheServerRunsAndWhenItHasStopped() async throws {
        try await Harness.run { harness in
            try await fill(harness)
            for isStopped in [false, true] {
                if isStopped { await harness.server.shutdown(grace: .seconds(2)) }
                let told = try await check(harness.home)
                #expect(told.code == 0 && told.out.hasPrefix("llava "), "\(told)")
                #expect(told.out.contains("3 of 3 concepts, of 2 users, are of another model"), "\(told)")
                #expect(told.out.contains("1 of them have kept photos: `myvlm reenroll --all`"), "\(told)")
                #expect(told.out.contains("2 have none") && !told.out.contains("ann"), "\(told)")
                let users = try await check(harness.home, ["--users"])
                #expect(users.out.hasSuffix("ann: 2, 1 with photos\nben: 1, 0 with photos\n"), "\(users)")
                let json = try await check(harness.home, ["--users", "--json"])
                #expect(
                    try Set(json.json.keys) == [
                        "model", "model_digest", "concepts", "left_behind", "with_photos", "users_left_behind", "users",
                    ])
                #expect(try json.json["left_behind"] as? Int == 3 && json.json["with_photos"] as? Int == 1, "\(json)")
                #expect(try (json.json["users"] as? [[String: Any]])?.map { $0["name"] as? String } == ["ann", "ben"])
                for output in [told, users, json] {
                    #expect(!output.out.contains("zibo") && !output.out.contains("secret"), "\(output)")
                }
            }
            // Nobody who looked is in the way of the next start.
            var next = Harness.Setup()
            next.home = harness.home.path
            try await Harness.run(next) { again in
                let ann = try await again.known("ann")
                #expect(try await ann.concepts().map(\.name) == ["secret", "zibo"])
                await ann.close()
            }
        }
    }

    @Test func aHomeOfTheSameModelLosesNobody() async throws {
        try await Harness.run { harness in
            let told = try await check(harness.home)
            #expect(told.code == 0 && told.out.contains("all 0 concepts are of this model"), "\(told)")
            let none = try await check(harness.home, model: harness.folder)
            #expect(none.code == 66 && none.error.contains("holds no model"), "\(none)")
            let missing = try await check(harness.home, model: harness.folder + "/nowhere")
            #expect(missing.code == 66 && missing.error.contains("holds no model"), "\(missing)")
            try Data(#"{"model_type": "pocket"}"#.utf8).write(to: URL(filePath: harness.folder + "/config.json"))
            let damaged = try await check(harness.home, model: harness.folder)
            #expect(damaged.code == 65 && damaged.error.contains("cannot be used"), "\(damaged)")
            let noHome = try await check(ServerHome(path: harness.folder))
            // The folder has a `config.json` by now, as a home has; there is no registry in it.
            #expect(noHome.code == 66 && noHome.error.contains("registry.sqlite"), "\(noHome)")
            let nothing = try await check(ServerHome(path: harness.folder + "/nowhere"))
            #expect(nothing.code == 66 && nothing.error.contains("is not a server home"), "\(nothing)")
        }
    }
}
