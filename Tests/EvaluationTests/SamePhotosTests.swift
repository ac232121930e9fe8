import Evaluation
import Foundation
import LocalFiles
import Testing
import VLM
import VLMTestSupport

@Suite(.timeLimit(.minutes(10))) struct SamePhotosTests {
    private func picture(_ thing: UInt64, _ view: UInt64 = 0) throws -> RGBImage {
        TinyPicture.picture(of: thing, view: view).resized(width: 160, height: 120)
    }

    private func look(_ picture: RGBImage) throws -> PhotoLook { PhotoLook(picture, bytes: picture.pixels) }

    /// Sides changed, then each row mirrored: a quarter turn.
    private func turned(_ picture: RGBImage) -> RGBImage {
        var pixels: [UInt8] = []
        for y in 0..<picture.width {
            for x in (0..<picture.height).reversed() {
                let at = (x * picture.width + y) * 3
                pixels += picture.pixels[at..<at + 3]
            }
        }
        return RGBImage(width: picture.height, height: picture.width, pixels: pixels)
    }

    @Test func copiesAreKnownByWhatTheyShow() throws {
        let photo = try picture(1)
        let original = try look(photo)
        let again = try RGBImage(decoding: photo.encodedJPEG(quality: 40))
        for copy in [again, photo.resized(width: 80, height: 60), turned(photo), turned(turned(again))] {
            #expect(original.isSame(as: try look(copy)), "\(copy.width) x \(copy.height)")
            #expect(!original.isIdentical(to: try look(copy)))
        }
        #expect(original.isIdentical(to: try look(photo)))
        for other in [try picture(2), try picture(1, 5), photo.resized(width: 160, height: 60)] {
            #expect(!original.isSame(as: try look(other)))
        }
    }

    /// A photo that was enrolled, asked about under another name, gave a sensitivity of 1 and no word was said.
    @Test func whatIsEnrolledAndAskedAboutIsNamed() throws {
        let root = LocalPath(NSTemporaryDirectory()).appending("same \(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: root.text) }
        let photo = try picture(1)
        let files: [(String, [UInt8])] = [
            ("mug/0.png", try photo.encodedPNG()), ("mug/1.png", try photo.encodedPNG()),
            ("mug/2.png", try picture(1, 3).encodedPNG()),
            ("pot/0.png", try picture(2).encodedPNG()), ("pot/1.jpg", try photo.encodedJPEG(quality: 60)),
            // Odd neighbours are passed over.
            ("mug/.hidden.png", [0]), ("mug/notes.txt", [0]), ("empty/notes.txt", [0]), ("odd/x.png/inside", [0]),
        ]
        for (name, bytes) in files {
            let file = root.appending(name)
            try LocalFolder.make(file.folder)
            try LocalOutput(file).write(bytes)
        }
        #expect(mkfifo(root.appending("mug/3.png").text, 0o600) == 0)
        var options = EvaluationOptions(data: root.text, model: "")
        options.shots = 1
        let evaluator = try Evaluator(options) { _ in }
        let found = evaluator.samePhotos
        #expect(
            found.map(\.photos) == [
                ["mug/0.png", "mug/1.png"], ["mug/0.png", "pot/1.jpg"], ["mug/1.png", "pot/1.jpg"],
            ])
        #expect(found.first?.identical == true && found.first?.rounds == [1])
        #expect(found[1].identical == false && found[1].rounds == [1])
        #expect(found[2].rounds == [], "neither was enrolled, and they count as photos of two things")
        #expect(found.allSatisfy { $0.warning.contains("same") && $0.warning.contains($0.photos[0]) })
    }

    @Test func foldersThatCannotBeReadAreNamed() throws {
        let root = LocalPath(NSTemporaryDirectory()).appending("odd \(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: root.text) }
        func message(_ data: LocalPath) -> String {
            do {
                _ = try Evaluator(EvaluationOptions(data: data.text, model: "")) { _ in }
                return ""
            } catch {
                return (error as? EvaluationError)?.message ?? "another error: \(error)"
            }
        }
        #expect(message(root).contains("no such folder"))
        try LocalFolder.make(root.appending("mug"))
        #expect(message(root).contains("holds no folder of photos"))
        for name in ["0.png", "1.png"] { try LocalOutput(root.appending("mug/" + name)).write([1]) }
        #expect(message(root).contains("0.png"), "\(message(root))")
        #expect(message(root.appending("mug/0.png")).contains("0.png"))
        #expect(symlink("nowhere", root.appending("mug/2.jpg").text) == 0)
        #expect(message(root).contains("2.jpg"))
        // One text, two names for the system: a table of things would hold one of them only.
        #expect(unlink(root.appending("mug/2.jpg").text) == 0)
        for name in ["caf\u{E9}", "cafe\u{301}"] {
            let folder = root.appending(name)
            try LocalFolder.make(folder)
            for photo in ["0.png", "1.png"] { try LocalOutput(folder.appending(photo)).write([1]) }
        }
        #expect(message(root).contains("written in two ways"))
        try LocalOutput(root.appending("captions.json")).write(Array("[]".utf8))
        #expect(message(root).contains("captions.json"))
    }
}
