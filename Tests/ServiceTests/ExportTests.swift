import Client
import Foundation
import ProcessTestSupport
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExportTests {
    @Test func whatIsExportedComesBackAsItWas() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            _ = try await ann.enrolled(Harness.order("zibo"))
            _ = try await ann.enrolled(Harness.order("zibo", views: 3..<6))
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            _ = try await ann.promote("zibo", to: "1")
            _ = try await ann.setAlias("best", of: "zibo", to: "2")
            var file: [UInt8] = []
            for try await piece in ann.exportData() { file += piece }
            #expect(file.starts(with: Array("myvlm-export 1\n".utf8)) && file.suffix(4) == Array("end\n".utf8)[...])
            // In pieces of an odd size, so that every boundary is met.
            func pieces(_ bytes: [UInt8], _ size: Int = 997) -> () -> [UInt8]? {
                var start = 0
                return {
                    guard start < bytes.count else { return nil }
                    defer { start += size }
                    return Array(bytes[start..<min(start + size, bytes.count)])
                }
            }
            let imported = try await ben.importData(pieces(file))
            #expect(imported.concepts == ["mug", "zibo"] && imported.versions == 3)
            let (mine, his) = (try await ann.versions(of: "zibo"), try await ben.versions(of: "zibo"))
            #expect(mine.map(\.digest) == his.map(\.digest) && mine.map(\.number) == his.map(\.number))
            #expect(mine.map(\.createdAtMs) == his.map(\.createdAtMs) && mine.map(\.current) == his.map(\.current))
            #expect(try await ben.concept("zibo").aliases.map(\.version) == [2])
            let photo = try Harness.photo(1, 9)
            let answers = (try await ann.captioned(photo).answer, try await ben.captioned(photo).answer)
            #expect(answers.0.text == answers.1.text && answers.0.conceptSetDigest == answers.1.conceptSetDigest)
            // Names must be free, and nothing is half taken in.
            await #expect(throws: MyVLMError.self) { try await ben.importData(pieces(file)) }
            _ = try await ben.deleteConcept("zibo")
            let cut = await failure { _ = try await ann.importData(pieces(Array(file.prefix(20)))) }
            #expect(cut?.code == .invalidArgument && cut?.message.contains("nothing was imported") == true)
            let junk = await failure { _ = try await ann.importData(pieces(Array("hello\n".utf8))) }
            #expect(junk?.code == .invalidArgument && junk?.message.contains("not an export") == true)
            var damaged = file
            damaged[damaged.count - 100] ^= 1
            let eve = try await harness.user("eve")
            let bad = await failure { [damaged] in _ = try await eve.importData(pieces(damaged)) }
            #expect(bad?.code == .dataLoss, "\(String(describing: bad))")
            for client in [ann, ben, eve] { await client.close() }
        }
    }

    @Test func exportsOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let ann = try CommandLineTool.named(
                "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/ann/config.json"])
            let client = try await harness.user("ann")
            _ = try await client.enrolled(Harness.order("zibo"))
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await ann.run(["login", "ann"] + server, input: Harness.userPassword + "\n").code == 0)
            let file = harness.folder + "/mine.myvlm"
            let steps: [([String], Int32, String)] = [
                (["account", "export", file], 0, "wrote"), (["account", "export", file], 73, "there already"),
                (["account", "import", file], 73, "zibo"), (["concept", "rename", "zibo", "old"], 0, "called old"),
                (["account", "import", file], 0, "1 versions of zibo"),
                (["account", "import", file + ".none"], 66, "no such file"),
            ]
            for (arguments, code, words) in steps {
                let output = try await ann.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
            await client.close()
        }
    }
}
