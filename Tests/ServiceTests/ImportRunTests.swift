import Client
import Foundation
import Foundations
import RPC
import Registry
import Rules
import Runtime
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct ImportRunTests {
    /// A whole account: several concepts, versions, aliases, kept photos, bytes that two concepts have in common.
    @Test func aFullAccountComesBackWhole() async throws {
        try await Harness.run { harness in
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            var order = try Harness.order("zibo")
            order.keepPhotos = true
            _ = try await ann.enrolled(order)
            _ = try await ann.enrolled(Harness.order("zibo", views: 3..<6))
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            _ = try await ann.importConcept("copy", try await ann.exportConcept("zibo", version: 1).bytes)
            _ = try await ann.setAlias("best", of: "zibo", to: "1")
            _ = try await ann.protectAlias("best", of: "zibo", true)
            var file: [UInt8] = []
            for try await piece in ann.exportData() { file += piece }
            let imported = try await ben.importData(pieces(file, 997))
            #expect(imported.concepts == ["copy", "mug", "zibo"] && imported.versions == 4 && imported.skipped.isEmpty)
            for name in imported.concepts {
                let (hers, his) = (try await ann.versions(of: name), try await ben.versions(of: name))
                #expect(hers.map(\.digest) == his.map(\.digest) && hers.map(\.trainingJson) == his.map(\.trainingJson))
                #expect(hers.map(\.identifier) == his.map(\.identifier) && hers.map(\.current) == his.map(\.current))
            }
            #expect(try await ben.concept("zibo").aliases.map(\.isProtected) == [true])
            var again: [UInt8] = []
            for try await piece in ben.exportData() { again += piece }
            // But for the second line, which says whose it is and when it was made.
            #expect(again.count == file.count)
            await ann.close()
            await ben.close()
        }
    }

    /// A second import of the same user waits for nobody: it is told. Another user's goes on.
    @Test func oneImportOfAUserRunsAtATime() async throws {
        let turns = OneAtATime("an import")
        try await turns.run(1) {
            await #expect {
                try await turns.run(1) {}
            } throws: {
                ($0 as? RPCError)?.code == .resourceExhausted && "\($0)".contains("an import of yours is running")
            }
            let other = try await turns.run(2) { 2 }
            #expect(other == 2)
        }
        await #expect(throws: CancellationError.self) { try await turns.run(1) { throw CancellationError() } }
        #expect(try await turns.run(1) { 1 } == 1)
    }

    /// An import whose client has gone ends, leaves nothing, and is not in the way of the next.
    @Test func anImportEndsWithItsClient() async throws {
        try await Harness.run { harness in
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            _ = try await ann.enrolled(Harness.order("zibo"))
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            var file: [UInt8] = []
            for try await piece in ann.exportData() { file += piece }
            let next = pieces(file, 512)
            let sent = Locked(0)
            let gone = await failure {
                _ = try await ben.importData { [total = file.count] in
                    sent.withLock { $0 += 512 }
                    guard sent.value < total - 1_024 else { throw MyVLMError(.cancelled, "the client has gone") }
                    return next()
                }
            }
            #expect(gone != nil)
            // Until the server has seen it, it says that an import is running.
            while true {
                let error = await failure { _ = try await ben.importData(pieces(file)) }
                if error?.code == .alreadyExists { _ = try await ben.deleteConcept("mug") }
                guard let error, [.resourceExhausted, .alreadyExists].contains(error.code) else { break }
            }
            #expect(try await ben.concepts().map(\.name) == ["mug", "zibo"])
            await ann.close()
            await ben.close()
        }
    }

    @Test func versionsOfAnotherModelStayBehindAndAreTold() async throws {
        try await Harness.run { harness in
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            _ = try await ann.enrolled(Harness.order("zibo"))
            _ = try await ann.enrolled(Harness.order("zibo", views: 3..<6))
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            _ = try await ann.setAlias("first", of: "zibo", to: "1")
            var file: [UInt8] = []
            for try await piece in ann.exportData() { file += piece }
            func old(_ name: String, _ version: Int) async throws -> (String, [UInt8]) {
                let exported = try await ann.exportConcept(name, version: version)
                return (exported.version.digest, try BadFile.otherModel.bytes(from: exported.bytes))
            }
            let (digest, bytes) = try await old("zibo", 1)
            let (other, otherBytes) = try await old("mug", 1)
            let changed = try ExportedFile(file).replacing(digest, with: bytes).replacing(other, with: otherBytes).bytes
            let imported = try await ben.importData(pieces(changed))
            #expect(imported.concepts == ["zibo"] && imported.versions == 1)
            #expect(imported.skipped.map(\.concept) == ["mug", "zibo"] && imported.skipped.map(\.version) == [0, 1])
            #expect(imported.skipped.allSatisfy { $0.reason.contains("enroll") })
            #expect(try await ben.versions(of: "zibo").map(\.number) == [2])
            #expect(try await ben.concept("zibo").aliases.isEmpty)
            #expect(try await ben.captioned(Harness.photo(1, 9)).answer.skipped.isEmpty)
            await ann.close()
            await ben.close()
        }
    }

    /// What the rules of artifacts let pass, the registry takes as it is.
    @Test(arguments: [
        "mug", "my red mug", "one two three four", "a/b", "<|x|>", "{x}", "x ", "", "\u{202E}gum", "a\u{1B}[2J", "a  b",
        String(repeating: "x", count: 33), "\u{E9}t\u{E9}", "..",
    ]) func identifiersAreRefusedAlikeEverywhere(word: String) throws {
        let good = ["mug", "my red mug", "\u{E9}t\u{E9}"].contains(word)
        #expect((try? NameRules.identifier(word)) == (good ? word : nil))
    }
}
