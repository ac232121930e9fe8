import Client
import Foundation
import ProcessTestSupport
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct PointerTests {
    @Test func pointersMoveAndAreWatched() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            var second = try Harness.order("zibo", views: 3..<6)
            second.condition = .onlyNew
            let taken = second
            let refused = await failure { _ = try await ann.enrolled(taken) }
            #expect(refused?.code == .failedPrecondition)
            second.condition = .ifVersion(1)
            second.reason = "more light"
            #expect(try await ann.enrolled(second).version.number == 2)
            #expect(try await ann.setAlias("best", of: "zibo", to: "1", when: .onlyNew).changed)
            let stale = await failure { _ = try await ann.promote("zibo", to: "best", ifVersion: 1) }
            #expect(stale?.code == .failedPrecondition && stale?.message.contains("is at version 2") == true)
            #expect(try await ann.promote("zibo", to: "best", ifVersion: 2).toVersion == 1)
            let difference = try await ann.compare("zibo", "v1", "2")
            #expect(difference.differences.contains { $0.field == "digest" } && difference.right.number == 2)
            #expect(try await ann.protectAlias("best", of: "zibo").alias?.isProtected == true)
            #expect(await failure { _ = try await ann.deleteConcept("zibo") }?.code == .failedPrecondition)
            #expect(try await ann.setRetention("zibo", keepLast: 1).removed == [])
            _ = try await ann.protectAlias("best", of: "zibo", false)
            #expect(try await ann.removeAlias("best", of: "zibo").alias == nil)
            #expect(try await ann.renameConcept("zibo", to: "Tasse").identifier == "zibo")
            _ = try await ann.deleteConcept("tasse")
            _ = try await ann.undeleteConcept("tasse")
            let detail = try await ann.concept("tasse")
            #expect(detail.concept.keepLast == 1 && detail.aliases.isEmpty)
            #expect(detail.history.map(\.pointer) == ["best", "current", "best", "current", "current"])
            #expect(detail.history[3].reason == "more light")

            var seen: [ConceptChange] = []
            for try await event in ann.watch(after: 0) {
                if case .change(let change) = event { seen.append(change) }
                if seen.count == 11 { break }
            }
            #expect(seen.map(\.revision) == Array(1...11))
            #expect(
                seen.map(\.kind) == [
                    "enroll", "enroll", "alias", "promote", "protect", "retention", "unprotect", "unalias", "rename",
                    "delete", "undelete",
                ])
            let gone = await failure { for try await _ in ann.watch(after: 99) {} }
            #expect(gone?.code == .compacted && gone?.exitCode == 65, "\(String(describing: gone))")
            await ann.close()
        }
    }

    /// A failed enrollment says so before anybody trained.
    @Test func aConditionThatCannotHoldIsToldBeforeTheTraining() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            var order = try Harness.order("zibo")
            order.condition = .ifVersion(3)
            var stages: [String] = []
            let error = await failure { [order] in
                for try await event in ann.enroll(order) { if case .stage(let name) = event { stages.append(name) } }
            }
            #expect(error?.code == .failedPrecondition && stages.isEmpty)
            await ann.close()
        }
    }

    @Test func thePointersOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let config = "\(harness.folder)/ann/config.json"
            let ann = try CommandLineTool.named("myvlm", environment: ["MYVLM_CONFIG": config])
            let client = try await harness.user("ann")
            for views in [0..<3, 3..<6] as [Range<UInt64>] {
                _ = try await client.enrolled(Harness.order("zibo", views: views))
            }
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await ann.run(["login", "ann"] + server, input: Harness.userPassword + "\n").code == 0)
            let steps: [([String], Int32, String)] = [
                (["concept", "alias", "set", "zibo", "best", "1"], 0, "best -> v1\n"),
                (["concept", "alias", "set", "zibo", "3"], 65, "is no alias"),
                (["concept", "promote", "zibo", "best", "--if-version", "1"], 65, "is at version 2"),
                (["concept", "promote", "zibo", "best", "--if-version", "2"], 0, "zibo v2 -> v1\n"),
                (["concept", "promote", "zibo", "worst"], 66, "no alias worst"),
                (["concept", "alias", "protect", "zibo", "best"], 0, "protected at v1"),
                (["concept", "delete", "zibo", "--yes"], 65, "alias unprotect zibo best"),
                (["concept", "diff", "zibo", "1", "2"], 0, "digest"),
                (["concept", "diff", "zibo", "1", "9"], 66, "no version 9"),
                (["concept", "keep", "zibo", "few"], 64, "or all"),
                (["concept", "keep", "zibo", "1"], 0, "no version had to go"),
                (["concept", "rename", "zibo", "Tasse"], 0, "go on saying \"zibo\""),
                (["concept", "show", "tase"], 66, "did you mean Tasse?"),
                (["concept", "show", "tasse"], 0, "best -> v1 (protected)"),
                (["concept", "alias", "unprotect", "tasse", "best"], 0, "can be moved again"),
                (["concept", "delete", "tasse", "--yes"], 0, "deleted"),
                (["concept", "undelete", "tasse"], 0, "is back"),
                (["watch", "--after", "0", "--count", "3"], 0, "enroll  Tasse  current v1 -> v2"),
                (["watch", "--after", "999"], 65, "COMPACTED"),
                (
                    ["token", "create", "--label", "robot", "--scope", "read", "--to", "\(harness.folder)/robot"], 0,
                    "token"
                ),
                (["token", "create", "--to", "\(harness.folder)/robot"], 73, "there already"),
                (["token", "create", "--scope", "write", "--to", "\(harness.folder)/x"], 64, "write"),
                (["token", "list"], 0, "robot"),
                (["concept", "list", "--token-file", "\(harness.folder)/robot"], 0, "Tasse"),
                (
                    ["concept", "delete", "tasse", "--yes", "--token-file", "\(harness.folder)/robot"], 77,
                    "lacks the scope"
                ),
                (["token", "rotate"], 0, "good until"),
                (["token", "rotate", "1"], 64, "--to"),
                (["whoami"], 0, "ann (user)"),
                (["user", "list"], 77, "administrators"),
            ]
            for (arguments, code, words) in steps {
                let output = try await ann.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            let mode = try FileManager.default.attributesOfItem(atPath: harness.folder + "/robot")[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
            let names = try await ann.run([
                "---completion", "concept", "show", "--", "name", "0", "0", "myvlm concept show ",
            ])
            #expect(names.out.contains("Tasse"), "\(names)")
            await client.close()
        }
    }
}
