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
                    answer.places.filter { $0.source == "words" } == [
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

    /// A thing that is recognised on its own photo, enrolled as zibo, and the photo. Random features cannot tell every
    /// thing from others, so the first of a fixed sequence is taken.
    private func recognised(_ client: MyVLMClient) async throws -> RGBImage {
        for thing in 1..<40 as Range<UInt64> {
            _ = try await client.enrolled(Harness.order("zibo", thing: thing))
            let photo = try Harness.photo(thing, 0)
            if try await client.recognize(photo).results.contains(where: \.fired) {
                return try RGBImage(decoding: photo.bytes)
            }
        }
        throw MyVLMError(.internalError, "no thing of the sequence is recognised")
    }

    /// The picture as a file that stores it lying, with the mark to turn it by a quarter (a PNG's eXIf piece).
    private func lying(_ picture: RGBImage) throws -> [UInt8] {
        let (width, height) = (picture.height, picture.width)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let at = (x * picture.width + height - 1 - y) * 3
                pixels += picture.pixels[at..<at + 3]
            }
        }
        var bytes = try RGBImage(width: width, height: height, pixels: pixels).encodedPNG()
        let tiff: [UInt8] =
            Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
        // The check of a piece without pixels is not looked at.
        bytes.insert(contentsOf: [0, 0, 0, UInt8(tiff.count)] + Array("eXIf".utf8) + tiff + [0, 0, 0, 0], at: 33)
        return bytes
    }

    /// On a model that answers in words alone: what the head saw, in the photo as it is shown, whichever way it is stored.
    @Test func aHeadTellsThePlaceInThePhotoAsItIsShown() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let picture = try await recognised(ann)
            let upright = Photo(name: "upright.png", bytes: try picture.encodedPNG())
            let answer = try await asked(ann, upright, "Where is zibo?", box: false)
            let place = try #require(answer.places.first { $0.source == "head" })
            let (seen, box) = (try #require(answer.fired.first), try #require(place.box))
            #expect(
                place.subject == "zibo" && place.concept == "zibo" && !answer.places.contains { $0.source == "words" })
            #expect(place.heat == seen.heat && place.heat.count == 16 && place.heatColumns == 4)
            #expect(place.heatArea == Box(x: 0, y: 0, width: 96, height: 72))
            #expect(box.width >= 24 && box.x + box.width <= 96 && box.height >= 18 && box.y + box.height <= 72)

            let turned = try await asked(
                ann, Photo(name: "lying.png", bytes: lying(picture)), "Where is zibo?", box: false)
            #expect(turned.places == answer.places, "the same picture, stored another way")
            #expect(try await asked(ann, upright, "What is zibo?", box: false).places.isEmpty)
            #expect(try await ann.captioned(upright).answer.places.isEmpty)
            await ann.close()
        }
    }

    @Test func theCommandLineTellsAndDrawsWhatTheHeadSaw() async throws {
        try await Harness.run { harness in
            let client = try await harness.user("ann")
            let picture = try await recognised(client)
            await client.close()
            let ann = try await login(harness)
            let (photo, drawn) = (harness.folder + "/photo.png", harness.folder + "/drawn.png")
            try Data(picture.encodedPNG()).write(to: URL(filePath: photo))
            let json = try await ann.run(["ask", photo, "Where is zibo?", "--json", "--picture", drawn])
            let places = try #require(try json.json["places"] as? [[String: Any]])
            let place = try #require(places.first { $0["source"] as? String == "head" })
            #expect(Set(place.keys) == ["subject", "concept", "box", "source", "heat", "heat_columns", "heat_area"])
            #expect((place["heat"] as? [Any])?.count == 16 && place["heat_columns"] as? Int == 4)
            let box = try #require((place["box"] as? [String: Any])?.compactMapValues { ($0 as? NSNumber)?.intValue })
            let told = try await ann.run(["ask", photo, "Where is zibo?"])
            let (x, y, width, height) = (box["x"] ?? -1, box["y"] ?? -1, box["width"] ?? -1, box["height"] ?? -1)
            #expect(told.error.contains("zibo  at \(x), \(y)  \(width) x \(height) pixels  (head)"), "\(told) \(box)")

            // Drawn 320 pixels wide instead of 96, in the line of heads.
            let sheet = try RGBImage(decoding: [UInt8](Data(contentsOf: URL(filePath: drawn))))
            let (row, along) = ((y + height) * 10 / 3 - 2, x * 10 / 3 + 4..<(x + width) * 10 / 3 - 4)
            let edge = along.map { Array(sheet.pixels[(row * 320 + $0) * 3..<(row * 320 + $0) * 3 + 3]) }
            #expect(sheet.width == 320 && edge.contains([20, 104, 196]) && !edge.allSatisfy { $0 == [20, 104, 196] })
        }
    }

    /// `myvlm` logged in as a new user.
    private func tool(_ harness: Harness) async throws -> Program {
        await (try harness.user("ann")).close()
        return try await login(harness)
    }

    /// `myvlm` logged in as a user that is there.
    private func login(_ harness: Harness) async throws -> Program {
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
