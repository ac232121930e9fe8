internal import Foundation
import Foundations
internal import GRDB

/// An artifact as it is stored: sealed under a key of its own, which is sealed under its user's data key.
struct SealedArtifact: Sendable {
    let size: Int
    let wrapped: [UInt8]  // 60
    let sealed: [UInt8]

    init(_ plain: [UInt8], digest: String, keys: UserKeys, random: (Int) throws -> [UInt8]) throws {
        let key = try random(32)
        size = plain.count
        wrapped = try AESGCM.seal(key, key: keys.data, context: Array(digest.utf8), random: random)
        sealed = try AESGCM.seal(plain, key: key, context: Array(digest.utf8), random: random)
    }

    init(row: Row) {
        size = row["size"]
        wrapped = Blob.bytes(row["wrapped"])
        sealed = Blob.bytes(row["sealed"])
    }

    /// The artifact; nil when a bit of it, of its key or of the name it is stored under was changed.
    func open(digest: String, keys: UserKeys) throws -> [UInt8]? {
        let context = Array(digest.utf8)
        guard var key = try AESGCM.open(wrapped, key: keys.data, context: context) else { return nil }
        defer { key.wipe() }
        guard let plain = try AESGCM.open(sealed, key: key, context: context), SHA256Digest.hex(plain) == digest else {
            return nil
        }
        return plain
    }

    func insert(_ db: Database, _ userID: Int64, _ digest: String, into table: String = "artifact") throws {
        try db.execute(
            sql: "INSERT INTO \(table) (account_id, digest, size, wrapped, sealed) VALUES (?, ?, ?, ?, ?)",
            arguments: [userID, digest, size, Blob.data(wrapped), Blob.data(sealed)])
    }
}
