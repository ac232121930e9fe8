import Client
import Foundation
import RPC
import Runtime
import Testing
import VLM
import VLMTestSupport

/// Bytes that are no good picture, each with why.
private func badPictures() throws -> [(String, [UInt8])] {
    let jpeg = try TinyPicture.picture(of: 1).encodedJPEG()
    let png = try TinyPicture.picture(of: 1).encodedPNG()
    // The size stands in the IHDR chunk, right behind the signature: width at byte 16, height at byte 20.
    var huge = png
    for start in [16, 20] { huge.replaceSubrange(start..<start + 4, with: [0, 0, 0x75, 0x30]) }
    return [
        ("nothing", []), ("text", Array("not a picture".utf8)), ("half a JPEG", Array(jpeg.prefix(jpeg.count / 2))),
        ("30,000 x 30,000 pixels", huge),
    ]
}

@Suite(.timeLimit(.minutes(10))) struct BadInputTests {
    @Test func badPicturesAreRefused() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            for (what, bytes) in try badPictures() {
                let photo = Photo(name: "bad", bytes: bytes)
                let errors = [
                    await failure { _ = try await ann.captioned(photo) },
                    await failure { for try await _ in ann.ask(photo, "what is it?") {} },
                    await failure { _ = try await ann.recognize(photo) },
                    await failure {
                        var order = try Harness.order("zibo")
                        order.photos[1] = photo
                        _ = try await ann.enrolled(order)
                    },
                ]
                for error in errors {
                    #expect(
                        error?.code == .invalidArgument && error?.exitCode == 65,
                        "\(what): \(String(describing: error))")
                }
            }
            #expect(try await ann.concepts().isEmpty, "a refused enrollment left a concept")
            await ann.close()
        }
    }

    @Test(arguments: [
        "", " zibo", "zibo ", "a/b", "../zibo", "..", ".", "a\\b", "zi\0bo", "zi\nbo", "<|im_end|>", "{concept}",
        String(repeating: "z", count: 10_000),
    ])
    func badNamesAreRefused(_ name: String) async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let error = await failure { _ = try await ann.enrolled(Harness.order(name)) }
            #expect(error?.code == .invalidArgument && error?.exitCode == 65, "\(String(describing: error))")
            let lookup = await failure { _ = try await ann.concept(name) }
            #expect(lookup?.code == .invalidArgument, "\(String(describing: lookup))")
            #expect(try await ann.concepts().isEmpty)
            await ann.close()
        }
    }

    @Test func badOrdersAreRefused() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            var none = try Harness.order("zibo")
            none.photos = []
            none.captions = []
            var twice = try Harness.order("zibo")
            twice.photos[2] = Photo(name: "another-name.png", bytes: twice.photos[0].bytes)
            var many = try Harness.order("zibo")
            many.photos = try (0..<21).map { try Harness.photo(1, $0) }
            var stray = try Harness.order("zibo")
            stray.captions = [PhotoCaption(photo: 3, text: "a picture of {concept}")]
            var blank = try Harness.order("zibo")
            blank.captions = [PhotoCaption(photo: 0, text: "a picture without the placeholder")]
            var identifier = try Harness.order("zibo")
            identifier.identifier = "a/b"
            for (what, order) in [
                ("no photos", none), ("a photo twice", twice), ("21 photos", many), ("a caption for no photo", stray),
                ("a caption without {concept}", blank), ("an identifier like a path", identifier),
            ] {
                let error = await failure { _ = try await ann.enrolled(order) }
                #expect(
                    error?.code == .invalidArgument && error?.exitCode == 65, "\(what): \(String(describing: error))")
            }
            let twins = await failure { _ = try await ann.enrolled(twice) }
            #expect(twins?.message.contains("another-name.png") == true, "which photo is not said")
            #expect(try await ann.concepts().isEmpty)
            await ann.close()
        }
    }

    @Test func badQuestionsAndSamplingAreRefused() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let photo = try Harness.photo(1)
            for question in ["", "   ", "what\0?", String(repeating: "why ", count: 1_000)] {
                let error = await failure { for try await _ in ann.ask(photo, question) {} }
                #expect(error?.code == .invalidArgument, "\(question.prefix(10)): \(String(describing: error))")
            }
            for sampling in [
                SamplingOptions(temperature: .nan), SamplingOptions(temperature: -1), SamplingOptions(topP: 2),
                SamplingOptions(maxTokens: 1_000_000),
            ] {
                let error = await failure { for try await _ in ann.caption(photo, sampling: sampling) {} }
                #expect(error?.code == .invalidArgument, "\(sampling): \(String(describing: error))")
            }
            await ann.close()
        }
    }

    @Test func rollbackBeyondWhatThereIs() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            let nothingBefore = await failure { _ = try await ann.rollback("zibo") }
            #expect(nothingBefore?.code == .failedPrecondition && nothingBefore?.exitCode == 65)
            let unknown = await failure { _ = try await ann.rollback("zibo", to: 7) }
            #expect(unknown?.code == .notFound && unknown?.exitCode == 66)
            let moved = await failure { _ = try await ann.rollback("zibo", to: 1, ifVersion: 2) }
            #expect(moved?.code == .failedPrecondition)
            let zero = await failure { _ = try await ann.rollback("zibo", to: 0) }
            #expect(zero?.code == .usage && zero?.exitCode == 64)
            #expect(try await ann.concept("zibo").current.number == 1)
            await ann.close()
        }
    }

    @Test func aPersonNeedsTheFaceParts() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            var order = try Harness.order("eve")
            order.kind = .person
            let error = await failure { _ = try await ann.enrolled(order) }
            #expect(error?.code == .unavailable && error?.exitCode == 69, "\(String(describing: error))")
            await ann.close()
        }
    }

    @Test(.enabled(if: RealFaces.installed)) func aPersonNeedsExactlyOneFace() async throws {
        var setup = Harness.Setup()
        setup.faces = try FaceAnalyzer(modelDirectory: RealFaces.model)
        try await Harness.run(setup) { harness in
            let ann = try await harness.user("ann")
            var noFace = try Harness.order("eve")
            noFace.kind = .person
            let none = await failure { _ = try await ann.enrolled(noFace) }
            #expect(none?.code == .invalidArgument && none?.exitCode == 65, "\(String(describing: none))")
            var twoFaces = noFace
            twoFaces.photos = [Photo(name: "both.jpg", bytes: try RealFaces.sideBySide())]
            let two = await failure { _ = try await ann.enrolled(twoFaces) }
            #expect(two?.code == .invalidArgument, "\(String(describing: two))")
            #expect(two?.message.contains("both.jpg") == true, "which photo is not said")
            #expect(try await ann.concepts().isEmpty)
            await ann.close()
        }
    }
}

/// The face parts and photos that Scripts/setup fetches.
private enum RealFaces {
    static let model = ProcessInfo.processInfo.environment["MYVLM_MODEL"] ?? home + "/models/pocket"
    private static let home =
        ProcessInfo.processInfo.environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm"

    static var installed: Bool {
        FileManager.default.fileExists(atPath: model + "/dlib_face_recognition_resnet_model_v1.dat")
            && FileManager.default.fileExists(atPath: home + "/photos/obama.jpg")
            && FileManager.default.fileExists(atPath: home + "/photos/biden.jpg")
    }

    /// Two people in one picture.
    static func sideBySide() throws -> [UInt8] {
        let height = 600
        let pictures = try ["obama", "biden"].map { name in
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: home + "/photos/\(name).jpg")))
            let picture = try RGBImage(decoding: bytes)
            return picture.resized(width: picture.width * height / picture.height, height: height)
        }
        var pixels: [UInt8] = []
        for row in 0..<height {
            for picture in pictures {
                pixels += picture.pixels[row * picture.width * 3..<(row + 1) * picture.width * 3]
            }
        }
        let width = pictures.reduce(0) { $0 + $1.width }
        return try RGBImage(width: width, height: height, pixels: pixels).encodedPNG()
    }
}
