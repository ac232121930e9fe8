import Foundation

/// A model's folder whose files are checked against their digests before anything is read from them.
package struct ModelDirectory: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// A file's path.
    package func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

    /// A small file's bytes; throws `checkpointUnreadable`.
    package func bytes(_ name: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: file(name)) else {
            throw VLMError(
                .checkpointUnreadable, "\(file(name)) is missing or unreadable: run Scripts/setup to install the model")
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
                    .checkpointUnreadable,
                    "\(file(name)) is missing or unreadable: run Scripts/setup to install the model", cause: error)
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
