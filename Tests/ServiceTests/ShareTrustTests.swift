import Client
import Foundation
import ProcessTestSupport
import Registry
import Runtime
import Service
import Testing

/// What others share, and what a registry holds already, never costs more than that concept itself.
@Suite(.timeLimit(.minutes(10))) struct ShareTrustTests {
    /// One share of junk, of another model's artifact or of thousands of rows made every answer of its receiver fail, take
    /// half a minute, or say the sharer's words; and `scrub` found nothing.
    @Test func aBadShareLeavesTheReceiversAnswersWhole() async throws {
        let good = try await Harness.goodArtifact()
        let folder = try await Harness.oldHome { store in
            let (ben, eve) = (try await store.member("ben"), try await store.member("eve"))
            for kind in BadFile.allCases {
                try await store.put(kind.rawValue, try kind.bytes(from: good), by: eve)
                try await store.share(kind.rawValue, with: "ben", by: eve)
                try await store.acceptShare(kind.rawValue, of: "eve", by: ben)
            }
            try await store.put("own", try BadFile.junk.bytes(from: good), by: ben)
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var setup = Harness.Setup()
        setup.home = folder
        try await Harness.run(setup) { harness in
            let ben = try harness.client()
            _ = try await ben.login(user: "ben", password: Harness.userPassword)
            // His own concepts are trained, used and told as if the bad ones were not there.
            #expect(try await ben.enrolled(Harness.order("zibo")).created)
            let photo = try Harness.photo(1, 9)
            let answer = try await ben.captioned(photo).answer
            #expect(answer.skipped.map(\.concept) == BadFile.allCases.map { "eve/\($0.rawValue)" }.sorted() + ["own"])
            #expect(answer.skipped.allSatisfy { !$0.reason.isEmpty && !$0.reason.contains("/home") })
            let report = try await ben.recognize(photo)
            #expect(report.results.map(\.concept) == ["zibo"] && report.skipped == answer.skipped)
            for kind in BadFile.allCases { _ = try await ben.declineShare(kind.rawValue, of: "eve") }
            _ = try await ben.deleteConcept("own")
            let after = try await ben.captioned(photo).answer
            #expect(after.skipped.isEmpty && after.text == answer.text)
            let admin = try await harness.admin()
            let damaged = try await admin.scrub().damaged
            // What was deleted lately can come back, so it counts.
            #expect(Set(damaged.map(\.concept)) == Set(BadFile.allCases.map(\.rawValue) + ["own"]))
            #expect(damaged.allSatisfy { !$0.reason.isEmpty })
            for client in [ben, admin] { await client.close() }
        }
    }

    @Test(arguments: BadFile.allCases)
    func noWayInTakesWhatNoEnrollmentMakes(kind: BadFile) async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            _ = try await ann.enrolled(Harness.order("zibo"))
            let bad = try kind.bytes(from: try await ann.exportConcept("zibo").bytes)
            let wanted: MyVLMError.Code = kind == .otherModel ? .failedPrecondition : .invalidArgument
            let one = await failure { _ = try await ben.importConcept("zibo", bad) }
            #expect(one?.code == wanted, "\(String(describing: one))")
            let good = try await ann.versions(of: "zibo")[0].digest
            var file: [UInt8] = []
            for try await piece in ann.exportData() { file += piece }
            let changed = try ExportedFile(file).replacing(good, with: bad).bytes
            let all = await failure { _ = try await ben.importData(pieces(changed)) }
            #expect(all?.code == wanted && all?.message.contains("nothing was imported") == true)
            #expect(try await ben.concepts().isEmpty)
            #expect(try await ben.usage().first { $0.name == "bytes" }?.used == 0)
            // Nothing of it is in the way of what comes next.
            #expect(try await ben.importData(pieces(file)).concepts == ["zibo"])
            await ann.close()
            await ben.close()
        }
    }

    @Test func sharesOnTheWire() async throws {
        try await Harness.run { harness in
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            _ = try await ann.enrolled(Harness.order("zibo"))
            #expect(try await ann.share("zibo", with: "ben").state == "offered")
            #expect(try await ann.share("zibo", with: "nobody").state == "offered")
            let photo = try Harness.photo(1, 9)
            #expect(try await ben.recognize(photo).results.isEmpty)
            #expect(try await ben.shares().map(\.state) == ["offered"])
            #expect(try await ben.acceptShare("zibo", of: "ann").state == "accepted")
            #expect(try await ben.recognize(photo).results.map(\.concept) == ["ann/zibo"])
            #expect(try await ann.shares().map(\.state) == ["accepted", "offered"])
            #expect(try await ben.declineShare("zibo", of: "ann").state == "declined")
            #expect(try await ben.recognize(photo).results.isEmpty)
            #expect(try await ben.blockSharer("ann") == ["ann"])
            #expect(try await ben.blockedSharers() == ["ann"])
            #expect(await failure { _ = try await ben.acceptShare("zibo", of: "ann") }?.code == .failedPrecondition)
            #expect(try await ben.unblockSharer("ann") == [])
            #expect(await failure { _ = try await ann.acceptShare("zibo", of: "ben") }?.code == .notFound)
            await ann.close()
            await ben.close()
        }
    }

    @Test func sharesOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            func tool(_ name: String) async throws -> Program {
                let tool = try CommandLineTool.named(
                    "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/\(name)/config.json"])
                #expect(try await tool.run(["login", name] + server, input: Harness.userPassword + "\n").code == 0)
                return tool
            }
            let client = try await harness.user("ann")
            try await harness.user("ben").close()
            _ = try await client.enrolled(Harness.order("zibo"))
            let (ann, ben) = (try await tool("ann"), try await tool("ben"))
            let steps: [(Program, [String], Int32, String)] = [
                (ann, ["concept", "share", "zibo", "ben"], 0, "offered to ben"),
                (ann, ["concept", "share", "zibo", "nobody"], 0, "offered to nobody"),
                (ben, ["concept", "shares"], 0, "offered"), (ben, ["concept", "accept", "zibo"], 64, "OWNER/CONCEPT"),
                (ben, ["concept", "accept", "ann/zibo"], 0, "your answers use ann/zibo"),
                (ann, ["concept", "share", "zibo", "ben"], 0, "ben uses ann/zibo"),
                (ben, ["concept", "accept", "ann/cup"], 66, "offers you no concept"),
                (ben, ["concept", "decline", "ann/zibo"], 0, "do without ann/zibo"),
                (ben, ["concept", "block", "ann"], 0, "nothing of ann"),
                (ben, ["concept", "shares", "--json"], 0, #""blocked""#), (ben, ["concept", "shares"], 0, "declined"),
                (ben, ["concept", "unblock", "ann"], 0, "arrive again"),
                (ben, ["concept", "unblock", "ann"], 66, "not blocked"),
            ]
            for (tool, arguments, code, words) in steps {
                let output = try await tool.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            await client.close()
        }
    }
}
