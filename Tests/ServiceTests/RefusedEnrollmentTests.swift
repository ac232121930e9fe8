import Client
import Foundation
import Foundations
import ProcessTestSupport
import RPC
import Service
import Testing
import VLM
import VLMTestSupport

/// What is refused costs nothing and leaves nothing.
@Suite(.timeLimit(.minutes(10))) struct RefusedEnrollmentTests {
    /// Each refused for another reason; four of one kind used to lock the user out for half an hour.
    @Test func whateverRefusesItTheUploadIsGone() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            let channel = try harness.channel()
            let call = CallOptions.bearer(try #require(ann.token))
            let good = EnrollRequest(name: "zibo", kind: .object, classNoun: "mug")
            let wrong: [(String, (inout EnrollRequest) -> Void)] = [
                ("class", { $0.classNoun = "mug {x}" }), ("words", { $0.identifier = "my blue tea pot" }),
                ("name", { $0.name = "a/b" }), ("reason", { $0.reason = String(repeating: "x", count: 201) }),
                ("caption", { $0.captions = [PhotoCaption(photo: 0, text: "no placeholder")] }),
                ("stray caption", { $0.captions = [PhotoCaption(photo: 1, text: "{concept}")] }),
                ("condition", { $0.ifVersion = 7 }),
                ("only new", { request in (request.name, request.onlyNew) = ("mug", true) }),
                ("person", { $0.kind = .person }), ("task", { $0.task = .unrecognized(9) }),
            ]
            for (what, change) in wrong {
                let receipt = try await channel.upload(Harness.photo(1), call)
                #expect(try await ann.uploads().map(\.uploadId) == [receipt.uploadId])
                var request = good
                request.uploadId = receipt.uploadId
                change(&request)
                let refused = request
                await #expect(throws: RPCError.self, "\(what)") {
                    for try await _ in try await channel.call(ConceptsMethods.enroll, refused, options: call) {}
                }
                #expect(try await ann.uploads().isEmpty, "\(what)")
                // It would have been said before a photo was sent.
                await #expect(throws: RPCError.self, "\(what)") {
                    var request = refused
                    // Which photos there are is not known then.
                    if what == "stray caption" { request.captions[0].text = "" }
                    _ = try await channel.call(ConceptsMethods.checkEnrollment, request, options: call)
                }
            }
            #expect(try await ann.jobs().count == 1, "a refused enrollment made a job")
            #expect(try FileManager.default.contentsOfDirectory(atPath: harness.home.uploads).isEmpty)
            await channel.close()
            await ann.close()
        }
    }

    @Test func aFileThatIsNoPictureIsNamedAndNothingIsStaged() async throws {
        let decoded = Locked(0)
        var setup = Harness.Setup()
        setup.decode = { bytes in
            decoded.withLock { $0 += 1 }
            return try RGBImage(decoding: bytes, limits: .standard)
        }
        try await Harness.run(setup) { harness in
            let ann = try await harness.user("ann")
            let tiny = try TinyPicture.picture(of: 1).resized(width: 63, height: 200).encodedPNG()
            // The size stands in the IHDR chunk, right behind the signature.
            var huge = try Harness.photo(1).bytes
            for start in [16, 20] { huge.replaceSubrange(start..<start + 4, with: [0, 0, 0x75, 0x30]) }
            for (name, bytes) in [
                ("scan-of-receipt.pdf", Array("%PDF-1.7 and so on".utf8)), ("short.jpg", [0xFF]), ("tiny.png", tiny),
                ("huge.png", huge), ("cut.png", Array(huge.prefix(20))), ("empty.png", []),
            ] {
                var order = try Harness.order("zibo")
                order.photos.append(Photo(name: name, bytes: bytes))
                let refused = order
                let error = await failure { _ = try await ann.enrolled(refused) }
                #expect(error?.code == .invalidArgument, "\(name): \(String(describing: error))")
                #expect(error?.message.contains(name) == true, "\(name): \(String(describing: error))")
                #expect(try await ann.uploads().isEmpty)
                #expect(try await ann.jobs().isEmpty)
            }
            #expect(decoded.value == 0)
            await ann.close()
        }
    }

    /// A name that the quota has no room for is refused before its photos are sent, those that are being enrolled counted.
    @Test func quotasAreLookedAtFirst() async throws {
        let barrier = Barrier()
        var setup = Harness.Setup.heldBack(barrier)
        setup.configuration.conceptsPerUser = 1
        try await Harness.run(setup) { harness in
            let ann = try await harness.user("ann")
            let order = try Harness.order("zibo")
            let first = Task { try await ann.enrolled(order) }
            for await _ in barrier.reached { break }
            var uploads = 0
            let error = await failure {
                for try await event in ann.enroll(try Harness.order("rex", thing: 2)) {
                    if case .uploaded = event { uploads += 1 }
                }
            }
            #expect(error?.code == .resourceExhausted && uploads == 0, "\(String(describing: error))")
            barrier.open()
            #expect(try await first.value.version.number == 1)
            let admin = try await harness.admin()
            _ = try await admin.setQuotas(["bytes": 100], of: "ann")
            let full = await failure { _ = try await ann.enrolled(Harness.order("zibo", views: 3..<6)) }
            #expect(full?.code == .resourceExhausted, "\(String(describing: full))")
            #expect(full?.message.contains("bytes") == true, "\(String(describing: full))")
            #expect(try await ann.jobs().count == 1)
            await admin.close()
            await ann.close()
        }
    }

    @Test func uploadsOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let client = try await harness.user("ann")
            let ann = try CommandLineTool.named(
                "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/ann/config.json"])
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await ann.run(["login", "ann"] + server, input: Harness.userPassword + "\n").code == 0)
            let channel = try harness.channel()
            let receipt = try await channel.upload(Harness.photo(1), .bearer(try #require(client.token)))
            let listed = try await ann.run(["uploads", "list"])
            #expect(listed.code == 0 && listed.out.contains(receipt.uploadId) && listed.out.contains("complete"))
            let json = try await ann.run(["uploads", "list", "--json"])
            #expect((try json.json["uploads"] as? [[String: Any]])?.first?["id"] as? String == receipt.uploadId)
            #expect(try await ann.run(["uploads", "drop"]).code == 64)
            #expect(try await ann.run(["uploads", "drop", "nothing"]).code == 66)
            #expect(try await ann.run(["uploads", "drop", "--all"]).code == 0)
            #expect(try await client.uploads().isEmpty)
            let receiptFile = harness.folder + "/scan-of-receipt.pdf"
            try Data("%PDF-1.7".utf8).write(to: URL(filePath: receiptFile))
            for arguments in [["caption"], ["ask"], ["recognize"], ["enroll", "zibo"]] {
                let command = arguments + [receiptFile] + (arguments == ["ask"] ? ["what is it?"] : [])
                let output = try await ann.run(command)
                #expect(output.code == 65 && output.error.contains("scan-of-receipt.pdf"), "\(command): \(output)")
            }
            await channel.close()
            await client.close()
        }
    }
}
