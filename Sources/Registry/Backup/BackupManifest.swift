import Foundation

/// What a backup is, in `manifest.json` beside its database.
public struct BackupManifest: Sendable, Equatable, Codable {
    /// Format of the backup; 1.
    public let format: Int
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Schema of the database.
    public let schema: Int
    /// The registry's revision.
    public let revision: UInt64
    /// Bytes of the database.
    public let bytes: Int
    /// SHA-256 of the database's file, lower-case hex.
    public let sha256: String
    /// Names of the master keys that wrap its data keys: without one of them it cannot be read.
    public let masterKeys: [String]
    /// How many users, concepts and artifacts it holds.
    public let users: Int
    /// See `users`.
    public let concepts: Int
    /// See `users`.
    public let artifacts: Int

    static let file = "manifest.json"
    static let database = "registry.sqlite"

    /// Reads the manifest of a backup's folder; `notFound` where there is none, `dataLoss` for one that does not parse.
    public static func read(_ folder: String) throws -> BackupManifest {
        guard let data = FileManager.default.contents(atPath: folder + "/" + file) else {
            throw RegistryError(.notFound, "that is not a backup: it has no \(file); list the backups", place: folder)
        }
        do {
            let manifest = try JSONDecoder().decode(BackupManifest.self, from: data)
            guard manifest.format == 1 else {
                throw RegistryError(
                    .schemaTooNew, "the backup has format \(manifest.format), this release reads 1; use a newer one")
            }
            return manifest
        } catch let error as RegistryError {
            throw error
        } catch {
            throw RegistryError(
                .dataLoss, "the backup's \(file) does not parse; use another backup", place: folder, cause: error)
        }
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
