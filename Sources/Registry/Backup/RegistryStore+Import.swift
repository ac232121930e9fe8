internal import Foundation
import Foundations
internal import GRDB
internal import Rules

/// What a user may take in at once.
public struct ImportRoom: Sendable, Equatable {
    /// Concepts.
    public let concepts: Int
    /// Bytes of artifacts and photos together: all a user may have. What is in use counts when they are stored.
    public let bytes: Int
    /// Bytes of one artifact or photo.
    public let longestArtifact: Int

    package init(concepts: Int, bytes: Int, longestArtifact: Int) {
        self.concepts = concepts
        self.bytes = bytes
        self.longestArtifact = longestArtifact
    }
}

/// An artifact or photo that was checked, on its way into the registry.
public struct ImportedArtifact: Sendable {
    /// SHA-256 of its bytes.
    public let digest: String
    let bytes: [UInt8]
    let description: ArtifactDescription?

    /// Its size.
    public var sizeBytes: Int { bytes.count }
}

/// An import comes in pieces, each a short transaction, so that nobody waits for it and little of it is in memory:
/// first what the concepts are, then their artifacts one by one, which no version names yet, and each concept as soon
/// as all of its artifacts are there. Whatever was sent and not used is removed when the import ends, or when the
/// registry is next opened.
extension RegistryStore {
    /// Begins an import of the caller and removes what an earlier one left. The caller must make sure that only one
    /// runs at a time.
    public func beginImport(by principal: Principal) async throws -> ImportRoom {
        try await write { db in
            try self.requireMayChange(db, principal)
            try self.dropImport(db, principal.userID)
            let user = principal.userID
            let inUse = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM concept WHERE account_id = ? AND deleted_ms IS NULL", arguments: [user])
            let quotas = self.configuration.quotas
            return ImportRoom(
                concepts: max(0, try self.limit(db, .concepts, user) - (inUse ?? 0)),
                bytes: try self.limit(db, .bytes, user),
                longestArtifact: max(quotas.bytesPerArtifact, quotas.bytesPerPhoto))
        }
    }

    /// Stores concepts that wait for their artifacts; `first` is the place of the first among all. `alreadyExists` when
    /// a name is not free, `invalidArgument` when one comes twice.
    public func stageImport(_ concepts: [UserExport.Concept], first: Int, by principal: Principal) async throws {
        let bodies = try concepts.map {
            (name: try CheckedText.conceptName($0.name), body: try JSONEncoder().encode($0))
        }
        try await write { db in
            try self.requireMayChange(db, principal)
            for (offset, concept) in bodies.enumerated() {
                if let taken = try Self.findConcept(db, concept.name, principal.userID) {
                    throw RegistryError(
                        .alreadyExists, "there is a concept named \(taken.name) already; rename or delete it first")
                }
                try db.run(
                    "INSERT INTO import_concept (account_id, position, name_key, body) VALUES (?, ?, ?, ?) "
                        + "ON CONFLICT (account_id, name_key) DO NOTHING",
                    [principal.userID, first + offset, NameRules.fold(concept.name), concept.body])
                guard db.changesCount == 1 else {
                    throw RegistryError(.invalidArgument, "the export has the concept \(concept.name) twice")
                }
            }
        }
    }

    /// Checks bytes that came with a digest, like everything that comes in. Runs long: call it on a thread of its own.
    /// `dataLoss` when they are not those of the digest, and errors of the inspector where they are to be an artifact.
    public func examined(_ bytes: [UInt8], digest: String, isPhoto: Bool) throws -> ImportedArtifact {
        guard SHA256Digest.hex(bytes) == digest else {
            throw RegistryError(
                .dataLoss, "\(isPhoto ? "a photo" : "an artifact") of the export is damaged; export it once more")
        }
        let quotas = configuration.quotas
        guard bytes.count <= (isPhoto ? quotas.bytesPerPhoto : quotas.bytesPerArtifact) else {
            throw RegistryError(
                .resourceExhausted, "\(isPhoto ? "a photo" : "an artifact") has \(bytes.count) bytes, which is too many"
            )
        }
        guard !isPhoto, let inspect = inspector.withLock({ $0 }) else {
            return ImportedArtifact(digest: digest, bytes: bytes, description: nil)
        }
        return ImportedArtifact(digest: digest, bytes: bytes, description: try inspect(bytes))
    }

    /// Seals what was checked; it counts against the user's bytes from here on. `resourceExhausted` names the limit.
    public func stageImport(_ artifacts: [ImportedArtifact], by principal: Principal) async throws {
        let rows = try artifacts.map { artifact in
            (artifact, try artifact.description.map { try JSONEncoder().encode($0) } ?? Data())
        }
        try await write { db in
            try self.requireMayChange(db, principal)
            for (artifact, description) in rows {
                try self.store(db, artifact.bytes, digest: artifact.digest, principal)
                try db.run(
                    """
                    INSERT INTO import_artifact (account_id, digest, description) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET description = max(description, excluded.description)
                    """,
                    [principal.userID, artifact.digest, String(decoding: description, as: UTF8.self)])
            }
        }
    }

    /// The concept at a place of the running import; nil after the last one.
    public func stagedImport(at position: Int, by principal: Principal) async throws -> UserExport.Concept? {
        let body = try await read { db in
            try Data.fetchOne(
                db, sql: "SELECT body FROM import_concept WHERE account_id = ? AND position = ?",
                arguments: [principal.userID, position])
        }
        return try body.map { try JSONDecoder().decode(UserExport.Concept.self, from: $0) }
    }

    /// Makes a concept of the running import, with its versions' numbers, its current version and its aliases, in one
    /// transaction; its artifacts must be there. What an artifact says of itself is what its version says. Versions that
    /// are left out take their aliases along; the current one cannot be.
    @discardableResult
    public func commitImport(
        _ concept: UserExport.Concept, leavingOut: Set<Int> = [], by principal: Principal
    ) async throws -> CommitResult {
        let checked = try CheckedImport(concept, leavingOut: leavingOut, quotas: configuration.quotas)
        return try await write { db in
            try self.requireMayChange(db, principal)
            if let taken = try Self.findConcept(db, checked.name, principal.userID) {
                throw RegistryError(
                    .alreadyExists, "there is a concept named \(taken.name) already; rename or delete it first")
            }
            try self.requireRoomForConcept(db, principal.userID)
            let conceptID = try self.insertConcept(db, checked.name, principal.userID)
            for version in checked.versions { try self.insert(db, version, of: checked, conceptID, principal) }
            let move = try self.move(
                db,
                PointerChange(
                    conceptID: conceptID, concept: checked.name, from: nil, target: checked.current, action: .import,
                    reason: ""), by: principal)
            for alias in checked.aliases {
                try db.run(
                    "INSERT INTO alias (concept_id, name, number, protected, updated_ms) VALUES (?, ?, ?, ?, ?)",
                    [conceptID, alias.name, alias.version, alias.protected, self.now])
            }
            try db.run("UPDATE concept SET keep_last = ? WHERE id = ?", [checked.keepLast, conceptID])
            try self.record(
                db, by: .user(principal.userID), "concept.import", on: .concept(principal.userID, conceptID),
                details: ["versions": .number(checked.versions.count)])
            let found = try Self.concept(db, checked.name, principal.userID)
            return CommitResult(
                version: try Self.version(db, found, checked.current), created: true, move: move,
                revision: try Self.userRevision(db, principal.userID))
        }
    }

    /// Ends an import, however it went: whatever was sent and no version refers to is removed.
    public func endImport(of principal: Principal) async throws {
        try await write(essential: true) { db in try self.dropImport(db, principal.userID) }
    }

    /// Removes what imports of an earlier process left.
    func dropImports(_ db: Database) throws {
        let users = try Int64.fetchAll(
            db, sql: "SELECT account_id FROM import_concept UNION SELECT account_id FROM import_artifact")
        for user in users { try dropImport(db, user) }
    }

    private func dropImport(_ db: Database, _ userID: Int64) throws {
        try db.run("DELETE FROM import_concept WHERE account_id = ?", [userID])
        try db.run("DELETE FROM import_artifact WHERE account_id = ?", [userID])
        guard db.changesCount > 0 else { return }
        try removeOrphanedArtifacts(db, userID)
    }

    private func insert(
        _ db: Database, _ version: UserExport.Version, of concept: CheckedImport, _ conceptID: Int64,
        _ principal: Principal
    ) throws {
        let described = try staged(db, version.digest, principal)
        let description = try described.map { try JSONDecoder().decode(ArtifactDescription.self, from: $0) }
        let commit = EnrollmentCommit(
            concept: concept.name, description: try description ?? ArtifactDescription(version), artifact: [])
        let checked = try CheckedEnrollment(
            commit, digest: version.digest, size: try size(db, version.digest, principal))
        try db.run("UPDATE concept SET next_number = ? WHERE id = ?", [version.number, conceptID])
        _ = try insertVersion(
            db, checked, conceptID, parent: version.parent.flatMap { concept.numbers.contains($0) ? $0 : nil },
            principal, createdAtMs: version.createdAtMs)
        for (position, photo) in version.kept.enumerated() {
            _ = try staged(db, photo.digest, principal)
            try db.run(
                """
                INSERT INTO photo (concept_id, number, position, account_id, digest, name) VALUES (?, ?, ?, ?, ?, ?)
                """, [conceptID, version.number, position, principal.userID, photo.digest, photo.name])
        }
    }

    /// The description of an artifact of the running import; nil for photos, and where artifacts are not inspected.
    private func staged(_ db: Database, _ digest: String, _ principal: Principal) throws -> Data? {
        let text: String? = try db.value(
            "SELECT description FROM import_artifact WHERE account_id = ? AND digest = ?", [principal.userID, digest])
        guard let text else {
            throw RegistryError(.invalidArgument, "the export lacks an artifact or a photo it names")
        }
        return text.isEmpty ? nil : Data(text.utf8)
    }

    private func size(_ db: Database, _ digest: String, _ principal: Principal) throws -> Int {
        try db.value("SELECT size FROM artifact WHERE account_id = ? AND digest = ?", [principal.userID, digest]) ?? 0
    }
}

extension ArtifactDescription {
    /// What the file says of an artifact, for registries that do not inspect artifacts.
    fileprivate init(_ version: UserExport.Version) throws {
        guard let kind = ConceptRecord.Kind(rawValue: version.kind) else {
            throw RegistryError(.invalidArgument, "version \(version.number) is neither an object nor a person")
        }
        self.init(
            kind: kind, classNoun: version.classNoun, identifier: version.identifier, threshold: version.threshold,
            modelDigest: version.modelDigest, photoCount: version.photos, trainingRecord: version.training)
    }
}
