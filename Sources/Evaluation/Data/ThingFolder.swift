import Foundation
package import LocalFiles
package import VLM

/// One thing of a data folder: its photos and what its owner says of them.
package struct Thing: Sendable {
    /// A photo with the captions its owner wrote, which hold `{concept}` once.
    package struct Photo: PhotoFile {
        package let file: LocalPath
        package let captions: [String]
        /// Where the thing is, in pixels of the upright photo; nil where nobody said it.
        package let box: PictureBox?
    }

    /// The folder's name.
    package let name: String
    /// "object" or "person".
    package let kind: String
    /// "mug"; nil when the folder's captions.json does not say it.
    package let classNoun: String?
    /// All photos, by name.
    package let photos: [Photo]
}

/// Reads a folder with one folder of photos a thing and, if there is one, `captions.json`.
package enum ThingFolder {
    private struct Entry: Decodable {
        let class_noun: String?
        let kind: String?
        let images: [String: [String]]?
        let boxes: [String: [Float]]?

        /// The box of a photo, which is stated as left, top, width and height. Throws `badInput` for other numbers.
        func box(of photo: LocalPath) throws(EvaluationError) -> PictureBox? {
            guard let numbers = boxes?[photo.text] else { return nil }
            guard numbers.count == 4, numbers.allSatisfy(\.isFinite), numbers[2] > 0, numbers[3] > 0 else {
                throw EvaluationError(
                    .badInput,
                    "captions.json: the box of \(photo.shown) is not left, top, width and height in pixels, the last two "
                        + "above 0")
            }
            return PictureBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
        }
    }

    /// The file of captions in a folder.
    static func captions(_ root: LocalPath) -> LocalPath { root.appending("captions.json") }

    /// The things, by name. What is hidden or neither a folder nor a plain file is passed over. Throws when there is no
    /// thing, or one has fewer than two photos.
    package static func read(_ root: LocalPath) throws(EvaluationError) -> [Thing] {
        let names = try EvaluationError.reading { () throws(LocalFileError) in try LocalFolder.names(in: root) }
        let entries = try entries(captions(root))
        var things: [Thing] = []
        for name in names where name.bytes.first != UInt8(ascii: ".") {
            let folder = root.appending(name)
            guard FileStatus(folder)?.kind == .folder else { continue }
            guard let thing = try thing(in: folder, entry: entries[name.text]) else { continue }
            // Two ways to write one letter are one text.
            guard !things.contains(where: { $0.name == thing.name }) else {
                throw EvaluationError(
                    .badInput, "two folders are called \(folder.name.shown), written in two ways; rename one of them")
            }
            things.append(thing)
        }
        guard !things.isEmpty else {
            throw EvaluationError(
                .badInput, "\(root.shown) holds no folder of photos: pass --data DIR with one folder a thing")
        }
        return things
    }

    private static func entries(_ file: LocalPath) throws(EvaluationError) -> [String: Entry] {
        guard FileStatus(itself: file) != nil else { return [:] }
        let bytes = try EvaluationError.reading { () throws(LocalFileError) in
            try LocalInput.contents(of: file, limit: 64 << 20)
        }
        do {
            return try JSONDecoder().decode([String: Entry].self, from: Data(bytes))
        } catch {
            throw EvaluationError(
                .badInput,
                "\(file.shown) is not of the form {thing: {class_noun, kind, images: {photo: [captions]}, boxes: {photo: [left, "
                    + "top, width, height]}}}",
                cause: error)
        }
    }

    private static func thing(in folder: LocalPath, entry: Entry?) throws(EvaluationError) -> Thing? {
        let names = try EvaluationError.reading { () throws(LocalFileError) in try LocalFolder.names(in: folder) }
        var photos: [Thing.Photo] = []
        for name in names where PhotoName.isOne(name) {
            let file = folder.appending(name)
            guard let status = FileStatus(file) else {
                throw EvaluationError(.missing, "\(file.shown) is a link that leads nowhere; take it away")
            }
            guard status.kind == .plain else { continue }
            photos.append(
                Thing.Photo(
                    file: file, captions: entry?.images?[name.text] ?? [], box: try entry?.box(of: name)))
        }
        guard !photos.isEmpty else { return nil }
        guard photos.count > 1 else {
            throw EvaluationError(
                .badInput, "\(folder.name.shown) has one photo: one more is needed to test on")
        }
        return Thing(
            name: folder.name.text, kind: entry?.kind ?? "object", classNoun: entry?.class_noun, photos: photos)
    }
}
