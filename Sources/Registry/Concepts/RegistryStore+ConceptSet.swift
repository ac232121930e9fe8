import Foundations
internal import GRDB

extension RegistryStore {
    /// All current versions of the user at one revision. Read in one transaction, then served from memory until the
    /// next change of any concept in it.
    public func conceptSet(of userID: Int64) async throws -> ConceptSetSnapshot {
        let (known, generation) = setCache.withLock { ($0.find(userID), $0.generation) }
        if let known { return known }
        let set = try lookup { db in try Self.readConceptSet(db, userID) }
        setCache.withLock { $0.store(set, generation: generation) }
        return set
    }

    /// Columns are read by number, and none that lies beyond a version's first few hundred bytes: the training record
    /// would cost another page for each concept.
    static func readConceptSet(_ db: Database, _ userID: Int64) throws -> ConceptSetSnapshot {
        let revision = try Self.userRevision(db, userID)
        var items = try Self.items(db.cachedStatement(sql: ownConcepts), userID)
        items += try Self.items(db.cachedStatement(sql: sharedConcepts), userID)
        items.sort { $0.concept.utf8.lexicographicallyPrecedes($1.concept.utf8) }
        var fields = FieldBytes()
        for item in items {
            fields.append(item.concept)
            fields.append(UInt64(item.number))
            fields.append(item.digest)
        }
        return ConceptSetSnapshot(
            userID: userID, revision: revision, digest: SHA256Digest.hex(fields.bytes), items: items)
    }

    private static func items(_ statement: Statement, _ userID: Int64) throws -> [ConceptSetItem] {
        var items: [ConceptSetItem] = []
        let rows = try Row.fetchCursor(statement, arguments: [userID])
        while let row = try rows.next() {
            items.append(
                ConceptSetItem(
                    concept: row[0], number: row[1], digest: row[2], ownerID: row[3], sizeBytes: row[4],
                    modelDigest: row[5]))
        }
        return items
    }

    private static let ownConcepts = """
        SELECT concept.name, to_number, digest, concept.account_id, size, model_digest FROM concept
        JOIN move ON move.id = current_move
        JOIN version ON version.concept_id = concept.id AND version.number = to_number
        WHERE concept.account_id = ? AND deleted_ms IS NULL
        """

    private static let sharedConcepts = """
        SELECT account.name || '/' || concept.name, to_number, digest, concept.account_id, size, model_digest FROM share
        JOIN concept ON concept.id = share.concept_id AND deleted_ms IS NULL
        JOIN account ON account.id = concept.account_id AND suspended = 0
        JOIN move ON move.id = current_move
        JOIN version ON version.concept_id = concept.id AND version.number = to_number
        WHERE share.account_id = ? AND state = 'accepted'
        """
}
