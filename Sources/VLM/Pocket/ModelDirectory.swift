import Foundation

/// A model's folder whose files are checked against their digests before anything is read from them.
package struct ModelDirectory: Sendable {
    package let path: String
    /// What to do about a file that is missing.
    private let remedy: String

    /// The most a file that is read whole may have: a large tokenizer has 40 MB.
    private static let largestFile = 256 << 20

    /// A folder of the default model, or one that is yet to say what it holds.
    package init(path: String) {
        self.path = path
        remedy = "run Scripts/setup to install the model"
    }

    /// The folder of a downloaded checkpoint: what it lacks only its source has.
    package init(downloaded path: String) {
        self.path = path
        remedy = "the download is incomplete, fetch this model again"
    }

    /// A file's path.
    package func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

    /// Whether a file is there.
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// A small file's bytes; throws `checkpointUnreadable`.
    package func bytes(_ name: String) throws -> [UInt8] {
        var status = stat()
        guard stat(file(name), &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= Self.largestFile, let data = FileManager.default.contents(atPath: file(name))
        else {
            throw VLMError(.checkpointUnreadable, "\(file(name)) is missing or unreadable: \(remedy)")
        }
        return [UInt8](data)
    }

    /// Compares every listed file with its SHA-256; throws `checkpointUnreadable` naming the first that differs.
    package func verify(_ digests: [String: String]) throws {
        for (name, expected) in digests.sorted(by: { $0.key < $1.key }) {
            guard !name.contains("/"), name != ".." else {
                throw VLMError(.checkpointMalformed, "config.json lists \(name): files lie in the model's own folder")
            }
            let found: String
            do {
                found = try FileDigest.sha256(contentsOf: file(name))
            } catch {
                throw VLMError(
                    .checkpointUnreadable, "\(file(name)) is missing or unreadable: \(remedy)", cause: error)
            }
            guard found == expected else {
                throw VLMError(
                    .checkpointUnreadable,
                    "\(file(name)) is damaged: its SHA-256 begins with \(found.prefix(12)), expected "
                        + "\(expected.prefix(12)); delete it and run Scripts/setup")
            }
        }
    }
}
