package import Foundation

/// One thing of a data folder: its photos and what its owner says of them.
package struct Thing: Sendable {
    /// A photo with the captions its owner wrote, which hold `{concept}` once.
    package struct Photo: Sendable {
        package let file: URL
        package let captions: [String]

        /// The file's name.
        package var name: String { file.lastPathComponent }
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
    }

    /// The things, by name. Throws when there is none, or one has fewer than two photos.
    package static func read(_ root: URL) throws -> [Thing] {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        guard manager.fileExists(atPath: root.path(percentEncoded: false), isDirectory: &isFolder), isFolder.boolValue
        else { throw EvaluationError(.missing, "\(root.path(percentEncoded: false)): no such folder") }
        let entries = try entries(root.appending(path: "captions.json"))
        let folders = try manager.contentsOfDirectory(at: root, includingPropertiesForKeys: [.isDirectoryKey])
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let things = try folders.compactMap { folder in
            try thing(in: folder, entry: entries[folder.lastPathComponent])
        }
        guard !things.isEmpty else {
            throw EvaluationError(
                .badInput, "\(root.path()) holds no folder of photos: pass --data DIR with one folder a thing")
        }
        return things
    }

    private static func entries(_ file: URL) throws -> [String: Entry] {
        guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else { return [:] }
        do {
            return try JSONDecoder().decode([String: Entry].self, from: Data(contentsOf: file))
        } catch {
            throw EvaluationError(
                .badInput,
                "\(file.path(percentEncoded: false)) is not of the form {thing: {class_noun, kind, images: {photo: "
                    + "[captions]}}}", cause: error)
        }
    }

    private static func thing(in folder: URL, entry: Entry?) throws -> Thing? {
        let photos = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { ["jpg", "jpeg", "png", "webp"].contains($0.pathExtension.lowercased()) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { Thing.Photo(file: $0, captions: entry?.images?[$0.lastPathComponent] ?? []) }
        guard !photos.isEmpty else { return nil }
        guard photos.count > 1 else {
            throw EvaluationError(
                .badInput, "\(folder.lastPathComponent) has one photo: one more is needed to test on")
        }
        return Thing(
            name: folder.lastPathComponent, kind: entry?.kind ?? "object", classNoun: entry?.class_noun,
            photos: photos)
    }
}
