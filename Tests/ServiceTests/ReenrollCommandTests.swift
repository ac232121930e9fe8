import Client
import Foundation
import ProcessTestSupport
import Service
import Testing
import VLM

/// `myvlm reenroll`, and what `myvlm concept` says of concepts that another model has left behind.
@Suite(.timeLimit(.minutes(10))) struct ReenrollCommandTests {
    private func tool(_ harness: Harness) async throws -> Program {
        let tool = try CommandLineTool.named(
            "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/ann/config.json"])
        let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
        #expect(try await tool.run(["login", "ann"] + server, input: Harness.userPassword + "\n").code == 0)
        return tool
    }

    /// Ann has one concept with kept photos, and one without.
    private func fill(_ harness: Harness) async throws {
        let ann = try await harness.user("ann")
        _ = try await ann.enrolled(Harness.keptOrder("zibo"))
        _ = try await ann.enrolled(Harness.order("mug", thing: 2))
        await ann.close()
    }

    private func concepts(_ output: Program.Output) throws -> [[String: Any]] {
        try output.json["concepts"] as? [[String: Any]] ?? []
    }

    @Test func allThatCanBeTrainedAgainIsAndTheRestIsTold() async throws {
        try await Harness.withChangedModel(fill: fill) { harness in
            let ann = try await tool(harness)
            let listed = try await ann.run(["concept", "list"])
            #expect(listed.out.split(separator: "\n").count { $0.contains("v1 !") } == 2, "\(listed)")
            #expect(listed.error.contains("`myvlm reenroll --all`"), "\(listed)")
            let marks = try concepts(await ann.run(["concept", "list", "--json"])).map { $0["other_model"] as? Bool }
            #expect(marks == [true, true])
            let shown = try await ann.run(["concept", "show", "zibo"])
            #expect(
                shown.out.contains("(not the server's)") && shown.error.contains("`myvlm reenroll zibo`"), "\(shown)")
            let detail = try await ann.run(["concept", "show", "zibo", "--json"]).json["concept"] as? [String: Any]
            #expect(detail?["other_model"] as? Bool == true)

            let all = try await ann.run(["reenroll", "--all"])
            #expect(all.code == 65 && all.out == "zibo v2\n", "\(all)")
            #expect(all.error.contains("1 of 2 concepts could not be trained again"), "\(all)")
            #expect(all.error.contains("mug: no photos are kept with v1 of mug"), "\(all)")
            #expect(all.error.contains("`myvlm enroll mug PHOTOS...`") && all.error.contains("100 %"), "\(all)")

            let after = try await ann.run(["concept", "list", "--json"])
            #expect(try concepts(after).map { $0["other_model"] as? Bool } == [true, false])
            let quiet = try await ann.run(["concept", "show", "zibo"])
            #expect(!quiet.out.contains("not the server's") && quiet.error.isEmpty, "\(quiet)")
            let left = try await ann.run(["reenroll", "--all", "--json"])
            let outcome = try #require(try concepts(left).first)
            #expect(left.code == 65 && outcome["state"] as? String == "failed", "\(left)")
            #expect((outcome["error"] as? String)?.contains("no photos are kept") == true && outcome["event"] == nil)
        }
    }

    @Test func whatIsOfTheServersModelIsLeftAloneUnlessForced() async throws {
        try await Harness.run { harness in
            try await fill(harness)
            let ann = try await tool(harness)
            let left = try await ann.run(["reenroll", "zibo"])
            #expect(left.code == 0 && left.out.isEmpty && left.error.contains("is left alone"), "\(left)")
            let nothing = try await ann.run(["reenroll", "--all"])
            #expect(nothing.code == 0 && nothing.error.contains("nothing to train again"), "\(nothing)")
            #expect(try concepts(await ann.run(["reenroll", "--all", "--json"])).isEmpty)

            let forced = try await ann.run(["reenroll", "zibo", "mug", "--force", "--json"])
            let outcomes = try concepts(forced)
            #expect(forced.code == 65 && outcomes.map { $0["state"] as? String } == ["trained", "failed"], "\(forced)")
            #expect(outcomes.first?["version"] as? Int == 2 && outcomes.first?["created"] as? Bool == true, "\(forced)")
            let lines = try await ann.run(["reenroll", "mug", "zibo", "--force", "--jsonl"])
            let events = try lines.out.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            #expect(events.first?["state"] as? String == "failed" && events.first?["event"] as? String == "concept")
            #expect(events.last?["state"] as? String == "trained" && events.last?["concept"] as? String == "zibo")
            #expect(events.contains { $0["event"] as? String == "progress" })

            let detached = try await ann.run(["reenroll", "zibo", "--force", "--detach"])
            let words = detached.out.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(detached.code == 0 && words.count == 2 && words.last == "zibo", "\(detached)")
            let attached = try await ann.run(["jobs", "attach", words.first ?? ""])
            #expect(attached.code == 0, "\(attached)")
            for (arguments, code, text) in [
                (["reenroll"], 64, "--all"), (["reenroll", "zibo", "--all"], 64, "--all"),
                (["reenroll", "mug", "--force"], 65, "no photos are kept"), (["reenroll", "none"], 66, "none"),
                (["reenroll", "none", "zibo"], 66, "1 of 2"),
            ] as [([String], Int32, String)] {
                let output = try await ann.run(arguments)
                #expect(output.code == code && output.error.contains(text), "\(arguments): \(output)")
            }
        }
    }
}
