import Client
import Foundation
import ProcessTestSupport
import Service
import Testing
import VLM
import VLMTestSupport

/// Where something is, from a caller's words to a box in the photo and a picture of it.
@Suite(.timeLimit(.minutes(10))) struct PlaceTests {
    private static var pointing: Harness.Setup {
        var setup = Harness.Setup()
        setup.model = { try PointingVLM(saying: "{<25><50><75><100>}") }
        return setup
    }

    /// 97 x 64 pixels as they are stored, shown turned by a quarter.
    private static func turnedPhoto() throws -> Photo {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "VLMTests/Fixtures/checkpoints-hub/minigpt-v2/images/turned.jpg")
        return Photo(name: "turned.jpg", bytes: [UInt8](try Data(contentsOf: file)))
    }

    private func asked(_ client: MyVLMClient, _ photo: Photo, _ question: String, box: Bool) async throws -> Answer {
        for try await case .end(let answer) in client.ask(photo, question, box: box) { return answer }
        throw MyVLMError(.internalError, "the answer ended without its end")
    }

    @Test func boxesAreInPixelsOfThePhotoAsItIsShown() async throws {
        try await Harness.run(Self.pointing) { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            for (question, box) in [("Where is zibo?", true), ("zibo", true), ("Where is zibo?", false)] {
                // 96 x 72 pixels.
                let answer = try await asked(ann, Harness.photo(1, 0), question, box: box)
                let fired = answer.fired.first?.concept ?? ""
                let subject = box || !fired.isEmpty ? "zibo" : ""
                #expect(
                    answer.places == [
                        AnswerPlace(
                            subject: subject, concept: fired, box: Box(x: 24, y: 36, width: 48, height: 36),
                            source: "words")
                    ], "\(question)")
            }
            let turned = try await asked(ann, Self.turnedPhoto(), "the red mug", box: true)
            #expect(turned.places.map(\.subject) == ["the red mug"] && turned.places.map(\.concept) == [""])
            #expect(turned.places.map(\.box) == [Box(x: 16, y: 48.5, width: 32, height: 48.5)])
            let caption = try await ann.captioned(Harness.photo(1, 0))
            #expect(caption.answer.places.isEmpty)
            await ann.close()
        }
    }

    @Test func aModelThatDoesNotPointRefuses() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let photo = try Harness.photo(1, 0)
            let error = await failure { _ = try await asked(ann, photo, "zibo", box: true) }
            #expect(error?.code == .failedPrecondition, "\(String(describing: error))")
            #expect(error?.message.contains("tiny was not tuned to answer with a box: ask in words") == true)
            #expect(try await asked(ann, photo, "Where is zibo?", box: false).places.isEmpty)
            await ann.close()
        }
    }

    /// `myvlm` logged in as a new user.
    private func tool(_ harness: Harness) async throws -> Program {
        await (try harness.user("ann")).close()
        let tool = try CommandLineTool.named("myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/ann.json"])
        let login = try await tool.run(
            ["login", "ann", "--server", "\(harness.address)", "--ca", harness.home.authority],
            input: Harness.userPassword + "\n")
        #expect(login.code == 0, "\(login)")
        return tool
    }

    @Test func theCommandLineTellsAndDrawsThePlace() async throws {
        try await Harness.run(Self.pointing) { harness in
            let ann = try await tool(harness)
            let (photo, drawn) = (harness.folder + "/photo.png", harness.folder + "/drawn.png")
            try Data(Harness.photo(1, 0).bytes).write(to: URL(filePath: photo))
            let told = try await ann.run(["ask", photo, "zibo", "--box"])
            #expect(told.code == 0 && told.out == "{<25><50><75><100>}\n", "\(told)")
            #expect(told.error.contains("zibo  at 24, 36  48 x 36 pixels"), "\(told)")
            let json = try await ann.run(["ask", photo, "zibo", "--box", "--json", "--picture", drawn])
            let places = try #require(try json.json["places"] as? [[String: Any]])
            #expect(places.count == 1 && Set(places[0].keys) == ["subject", "box", "source"], "\(json)")
            #expect(places[0]["subject"] as? String == "zibo" && places[0]["source"] as? String == "words")
            let box = (places[0]["box"] as? [String: Any])?.compactMapValues { ($0 as? NSNumber)?.doubleValue }
            #expect(box == ["x": 24, "y": 36, "width": 48, "height": 36])

            // The photo is drawn 320 pixels wide.
            let picture = try RGBImage(decoding: [UInt8](Data(contentsOf: URL(filePath: drawn))))
            func ink(_ x: Int, _ y: Int) -> [UInt8] {
                Array(picture.pixels[(y * picture.width + x) * 3..<(y * picture.width + x) * 3 + 3])
            }
            #expect(picture.width == 320)
            for edge in [ink(81, 200), ink(238, 200), ink(160, 121)] { #expect(edge == [214, 84, 16]) }
            #expect(ink(160, 200) != [214, 84, 16] && ink(70, 200) != [214, 84, 16])
        }
    }

    @Test func theCommandLineSaysThatAModelDoesNotPoint() async throws {
        try await Harness.run { harness in
            let ann = try await tool(harness)
            let photo = harness.folder + "/photo.png"
            try Data(Harness.photo(1, 0).bytes).write(to: URL(filePath: photo))
            let refused = try await ann.run(["ask", photo, "zibo", "--box"])
            #expect(refused.code == 65 && refused.out.isEmpty, "\(refused)")
            #expect(refused.error.contains("tiny was not tuned to answer with a box: ask in words"), "\(refused)")
        }
    }
}
