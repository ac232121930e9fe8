import Client
import Foundation
import ProcessTestSupport
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct PhotoTests {
    @Test func photosAreKeptOnRequestAndComeBackAsTheyWere() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            for try await photo in ann.photos(of: "zibo") { Issue.record("\(photo.name) was kept unasked") }
            var order = try Harness.order("zibo", views: 3..<6)
            order.keepPhotos = true
            _ = try await ann.enrolled(order)
            var kept: [Photo] = []
            for try await photo in ann.photos(of: "zibo") { kept.append(photo) }
            #expect(kept.map(\.name) == order.photos.map(\.name) && kept.map(\.bytes) == order.photos.map(\.bytes))
            for try await photo in ann.photos(of: "zibo", version: "1") {
                Issue.record("\(photo.name) is of version 2")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: harness.home.jobs).isEmpty)
            let ben = try await harness.user("ben")
            _ = try await ann.share("zibo", with: "ben")
            let stolen = await failure { for try await _ in ben.photos(of: "ann/zibo") {} }
            #expect(stolen != nil)

            let tool = try CommandLineTool.named(
                "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/ann/config.json"])
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await tool.run(["login", "ann"] + server, input: Harness.userPassword + "\n").code == 0)
            let folder = harness.folder + "/kept"
            let steps: [([String], Int32, String)] = [
                (["concept", "photos", "zibo"], 0, kept[0].name),
                (["concept", "photos", "zibo", "--to", folder], 0, folder + "/1-" + kept[0].name),
                (["concept", "photos", "zibo", "--to", folder], 73, "is there already"),
                (["concept", "photos", "zibo", "--version", "1"], 0, "--keep-photos"),
                (["concept", "photos", "zibo", "--drop"], 64, "--yes"),
                (["concept", "photos", "zibo", "--drop", "--yes"], 0, "destroyed 3 photos"),
                (["concept", "photos", "none"], 66, "none"),
            ]
            for (arguments, code, words) in steps {
                let output = try await tool.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            #expect(try Data(contentsOf: URL(filePath: folder + "/2-" + kept[1].name)) == Data(kept[1].bytes))
            for client in [ann, ben] { await client.close() }
        }
    }
}
