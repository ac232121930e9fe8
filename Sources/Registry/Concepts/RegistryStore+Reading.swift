internal import Foundation
internal import GRDB
internal import Rules

extension RegistryStore {
    /// The user's concepts after the name `after` ("": from the first), sorted by name, letter case aside.
    public func concepts(of userID: Int64, limit: Int = 100, after: String = "") async throws -> ConceptPage {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: Self.conceptSQL + " AND name_key > ? ORDER BY name_key LIMIT ?",
                arguments: [userID, NameRules.fold(after), Page.size(limit)])
            return ConceptPage(
                concepts: try rows.map(ConceptRecord.init(row:)), revision: try Self.userRevision(db, userID))
        }
    }

    /// One concept with its current version and the newest moves of its pointer.
    public func concept(_ name: String, of userID: Int64, historyLimit: Int = 100) async throws -> ConceptDetails {
        try await read { db in
            let concept = try Self.concept(db, name, userID)
            let current = try Self.version(db, concept, concept.currentVersion)
            let moves = try Row.fetchAll(
                db, sql: "SELECT * FROM move WHERE concept_id = ? ORDER BY id DESC LIMIT ?",
                arguments: [concept.conceptID, Page.size(historyLimit)])
            return ConceptDetails(
                concept: concept, current: current,
                history: try moves.map { try PointerRecord(row: $0, concept: concept.name) },
                aliases: try Self.aliases(db, concept.conceptID))
        }
    }

    /// Versions with a number below `before` (0: from the newest), newest first.
    public func versions(
        of name: String, userID: Int64, limit: Int = 100, before: Int = 0
    ) async throws -> [VersionRecord] {
        try await read { db in
            let concept = try Self.concept(db, name, userID)
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT * FROM version WHERE concept_id = ? AND number < ? ORDER BY number DESC LIMIT ?",
                arguments: [concept.conceptID, before > 0 ? before : Int.max, Page.size(limit)])
            return try rows.map { try VersionRecord(row: $0, concept: concept.name, current: concept.currentVersion) }
        }
    }

    /// The bytes of one of the user's own artifacts, their SHA-256 checked on each load. `notFound` for anybody else's;
    /// `dataLoss` names the damaged version and the remedy.
    public func artifact(_ digest: String, of userID: Int64) async throws -> [UInt8] {
        let found = try await read { db -> (SealedArtifact, UserKeys)? in
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM artifact WHERE account_id = ? AND digest = ?", arguments: [userID, digest])
            return try row.map { (SealedArtifact(row: $0), try self.keys(db, of: userID)) }
        }
        guard let (sealed, keys) = found else { throw RegistryError(.notFound, "no such artifact") }
        if let bytes = try sealed.open(digest: digest, keys: keys) { return bytes }
        let places = try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT 'version ' || number || ' of ' || name FROM version JOIN concept ON concept.id = concept_id
                    WHERE version.account_id = ? AND digest = ? ORDER BY name, number
                    """, arguments: [userID, digest])
        }
        throw RegistryError(
            .dataLoss,
            "the artifact of \(places.joined(separator: ", ")) is damaged; roll back to another version or enroll again"
        )
    }
}

extension RegistryStore {
    static let conceptSQL = """
        SELECT concept.*, kind, class_noun, identifier, model_digest, to_number,
            (SELECT count(*) FROM version AS v WHERE v.concept_id = concept.id) AS version_count
        FROM concept JOIN move ON move.id = current_move
        JOIN version ON version.concept_id = concept.id AND version.number = to_number
        WHERE concept.account_id = ? AND deleted_ms IS NULL
        """

    static func findConcept(_ db: Database, _ name: String, _ userID: Int64) throws -> ConceptRecord? {
        let row = try db.row(conceptSQL + " AND name_key = ?", [userID, NameRules.fold(name)])
        return try row.map(ConceptRecord.init(row:))
    }

    static func concept(_ db: Database, _ name: String, _ userID: Int64) throws -> ConceptRecord {
        let name = try CheckedText.conceptName(name)
        if let concept = try findConcept(db, name, userID) { return concept }
        let names = try String.fetchAll(
            db, sql: "SELECT name FROM concept WHERE account_id = ? AND deleted_ms IS NULL", arguments: [userID])
        let hint = NearestName.of(name, among: names).map { "did you mean \($0)?" } ?? "list your concepts"
        throw RegistryError(.notFound, "no concept named \(name); \(hint)")
    }

    static func version(_ db: Database, _ concept: ConceptRecord, _ number: Int) throws -> VersionRecord {
        let row = try db.row(
            "SELECT * FROM version WHERE concept_id = ? AND number = ?", [concept.conceptID, number])
        guard let row else {
            throw RegistryError(.notFound, "\(concept.name) has no version \(number); list its versions")
        }
        return try VersionRecord(row: row, concept: concept.name, current: concept.currentVersion)
    }

    static func userRevision(_ db: Database, _ userID: Int64) throws -> UInt64 {
        guard let revision: Int64 = try db.value("SELECT revision FROM account WHERE id = ?", [userID]) else {
            throw RegistryError(.notFound, "no such user")
        }
        return UInt64(revision)
    }
}

extension ConceptRecord {
    init(row: Row) throws {
        self.init(
            conceptID: row["id"], name: row["name"], kind: try Kind(stored: row["kind"]), classNoun: row["class_noun"],
            identifier: row["identifier"], currentVersion: row["to_number"], modelDigest: row["model_digest"],
            versionCount: row["version_count"], keepLast: row["keep_last"], createdAtMs: row["created_ms"],
            updatedAtMs: row["updated_ms"])
    }
}

extension ConceptRecord.Kind {
    init(stored: String) throws {
        guard let kind = Self(rawValue: stored) else {
            throw RegistryError(.dataLoss, "a version has an unknown kind; restore a backup")
        }
        self = kind
    }
}

extension VersionRecord {
    init(row: Row, concept: String, current: Int) throws {
        let number: Int = row["number"]
        self.init(
            concept: concept, number: number, digest: row["digest"], sizeBytes: row["size"],
            createdAtMs: row["created_ms"], isCurrent: number == current,
            kind: try ConceptRecord.Kind(stored: row["kind"]), classNoun: row["class_noun"],
            identifier: row["identifier"], threshold: row["threshold"], modelDigest: row["model_digest"],
            photoCount: row["photos"], trainingRecord: row["training"], parent: row["parent"])
    }
}

extension PointerRecord {
    init(row: Row, concept: String) throws {
        guard let action = Action(rawValue: row["action"]) else {
            throw RegistryError(.dataLoss, "the history has an unknown action; restore a backup")
        }
        self.init(
            concept: concept, pointer: row["pointer"], from: row["from_number"], to: row["to_number"],
            atMs: row["at_ms"], by: row["by_name"],
            action: action, reason: row["reason"], revision: UInt64(bitPattern: row["revision"] as Int64))
    }
}
