import Evaluation
import Foundation
import VLM
import VLMTestSupport

/// Folders of photos with what people said of them, made for one test.
struct TruthFolders {
    let root = FileManager.default.temporaryDirectory.appending(path: "truth-\(UUID().uuidString)")
    var path: String { root.path(percentEncoded: false) }
    var options: TruthOptions { TruthOptions(data: path, model: "") }

    init() throws {
        try FileManager.default.createDirectory(at: root.appending(path: "images"), withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    /// A photo of 120 x 90 pixels.
    func add(_ name: String, of thing: UInt64 = 1) throws {
        try add(name, TinyPicture.picture(of: thing).resized(width: 120, height: 90).encodedPNG())
    }

    func add(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: root.appending(path: "images").appending(path: name))
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: root.appending(path: name))
    }

    func file(_ name: String) -> String { root.appending(path: name).path(percentEncoded: false) }

    /// A JPEG of 120 x 90 pixels whose EXIF data say that it is to be turned right.
    static func turned() throws -> [UInt8] {
        let jpeg = try TinyPicture.picture(of: 3).resized(width: 120, height: 90).encodedJPEG()
        let tiff: [UInt8] =
            Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1] + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0] + [0, 0, 0, 0]
        let exif = Array("Exif\0\0".utf8) + tiff
        return Array(jpeg.prefix(2)) + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + Array(jpeg.dropFirst(2))
    }
}
