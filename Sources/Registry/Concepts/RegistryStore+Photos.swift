import Foundations
internal import GRDB

/// A photo that its owner wanted kept with the version trained from it.
public struct KeptPhoto: Sendable, Equatable {
    /// As the owner's file was called.
    public let name: String
    /// SHA-256 of its bytes, lower-case hex: `artifact(_:of:)` gives them.
    public let digest: String
    /// Size of the file.
    public let sizeBytes: Int
}

extension RegistryStore {
    /// The photos kept with a version, in their order; none where nobody asked for it.
    public func photos(
        of name: String, version: VersionSelector = .current, userID: Int64
    ) async throws -> [KeptPhoto] {
        try await read { db in
            let concept = try Self.concept(db, name, userID)
            return try Self.photos(db, concept.conceptID, try version.resolve(db, concept))
        }
    }

    /// A kept photo's bytes, their SHA-256 checked. `dataLoss` names a damaged one, `notFound` one that is not kept any
    /// more.
    public func bytes(of photo: KeptPhoto, userID: Int64) async throws -> [UInt8] {
        do {
            return try await artifact(photo.digest, of: userID)
        } catch let error as RegistryError where error.code == .dataLoss {
            throw RegistryError(.dataLoss, "the kept photo \(photo.name) is damaged", cause: error)
        } catch let error as RegistryError where error.code == .notFound {
            throw RegistryError(.notFound, "the photo \(photo.name) is no longer kept", cause: error)
        }
    }

    /// Destroys the photos kept with any version of a concept; the versions stay. Returns how many were destroyed.
    @discardableResult
    public func dropPhotos(of name: String, by principal: Principal) async throws -> Int {
        try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            try db.execute(sql: "DELETE FROM photo WHERE concept_id = ?", arguments: [concept.conceptID])
            let count = db.changesCount
            guard count > 0 else { return 0 }
            try self.removeOrphanedArtifacts(db, principal.userID)
            try self.record(
                db, by: .user(principal.userID), "concept.photos.drop",
                on: .concept(principal.userID, concept.conceptID), details: ["photos": .number(count)])
            return count
        }
    }

    static func photos(_ db: Database, _ conceptID: Int64, _ number: Int) throws -> [KeptPhoto] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT name, photo.digest, size FROM photo
                JOIN artifact ON artifact.account_id = photo.account_id AND artifact.digest = photo.digest
                WHERE concept_id = ? AND number = ? ORDER BY position
                """, arguments: [conceptID, number]
        ).map { KeptPhoto(name: $0["name"], digest: $0["digest"], sizeBytes: $0["size"]) }
    }

    /// Keeps photos with a version that has none; returns how many.
    func keepPhotos(
        _ db: Database, _ photos: [(name: String, bytes: [UInt8])], _ conceptID: Int64, _ number: Int,
        _ principal: Principal
    ) throws -> Int {
        guard try Self.photos(db, conceptID, number).isEmpty else { return 0 }
        for (position, photo) in photos.enumerated() {
            guard !photo.bytes.isEmpty, photo.bytes.count <= configuration.quotas.bytesPerPhoto else {
                throw RegistryError(
                    .resourceExhausted,
                    "a photo has \(photo.bytes.count) bytes, the limit is \(configuration.quotas.bytesPerPhoto)")
            }
            let digest = SHA256Digest.hex(photo.bytes)
            try store(db, photo.bytes, digest: digest, principal)
            try db.execute(
                sql: """
                    INSERT INTO photo (concept_id, number, position, account_id, digest, name)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    conceptID, number, position, principal.userID, digest,
                    try CheckedText.note(photo.name, what: "a photo's name"),
                ])
        }
        return photos.count
    }

    /// Keeps the photos of another version of the concept with one that has none; returns how many.
    func keepPhotos(_ db: Database, of source: Int?, _ conceptID: Int64, _ number: Int) throws -> Int {
        guard let source, try Self.photos(db, conceptID, number).isEmpty else { return 0 }
        try db.execute(
            sql: """
                INSERT INTO photo (concept_id, number, position, account_id, digest, name)
                SELECT concept_id, ?, position, account_id, digest, name FROM photo WHERE concept_id = ? AND number = ?
                """, arguments: [number, conceptID, source])
        return db.changesCount
    }

    /// Seals bytes among the user's artifacts, unless they are stored already.
    func store(_ db: Database, _ bytes: [UInt8], digest: String, _ principal: Principal) throws {
        let stored = try Int.fetchOne(
            db, sql: "SELECT 1 FROM artifact WHERE account_id = ? AND digest = ?",
            arguments: [principal.userID, digest])
        guard stored == nil else { return }
        try requireRoomForBytes(db, bytes.count, principal)
        try SealedArtifact(
            bytes, digest: digest, keys: try keys(db, of: principal.userID), random: configuration.random
        ).insert(db, principal.userID, digest)
    }
}
