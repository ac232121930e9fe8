internal import GRDB

/// What setting a concept's retention did.
public struct RetentionChange: Sendable, Equatable {
    /// The versions that were removed.
    public let removed: [Int]
    /// The user's revision after it.
    public let revision: UInt64
}

extension RegistryStore {
    /// Keeps the newest `keepLast` versions of a concept and everything a pointer needs: the current version, the one a
    /// rollback returns to, and what an alias names. Older ones are removed now and after each enrollment. Nil keeps
    /// all.
    @discardableResult
    public func setRetention(_ name: String, keepLast: Int?, by principal: Principal) async throws
        -> RetentionChange
    {
        if let keepLast, !(1...100_000).contains(keepLast) {
            throw RegistryError(.invalidArgument, "keep at least 1 version, or all")
        }
        return try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            try db.execute(
                sql: "UPDATE concept SET keep_last = ? WHERE id = ?", arguments: [keepLast, concept.conceptID])
            let gone = try self.prune(db, concept.conceptID)
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.retention, concept.conceptID))
            try self.record(
                db, by: .user(principal.userID), "concept.retention", on: .concept(principal.userID, concept.conceptID),
                details: ["keep_last": .number(keepLast ?? 0), "removed": .numbers(gone)])
            return RetentionChange(removed: gone, revision: UInt64(revision))
        }
    }

    /// Applies a concept's retention; returns the numbers of the versions that were removed.
    func prune(_ db: Database, _ conceptID: Int64) throws -> [Int] {
        guard
            let keep = try Int.fetchOne(
                db, sql: "SELECT keep_last FROM concept WHERE id = ?", arguments: [conceptID])
        else { return [] }
        let below = try valueBelow(db, conceptID)
        let gone = try Int.fetchAll(
            db,
            sql: """
                SELECT number FROM version WHERE concept_id = :concept
                AND number NOT IN (
                    SELECT number FROM version WHERE concept_id = :concept ORDER BY number DESC LIMIT :keep)
                AND number IS NOT (
                    SELECT to_number FROM concept JOIN move ON move.id = current_move WHERE concept.id = :concept)
                AND number IS NOT :below
                AND number NOT IN (SELECT number FROM alias WHERE concept_id = :concept) ORDER BY number
                """, arguments: ["concept": conceptID, "keep": keep, "below": below])
        guard !gone.isEmpty else { return [] }
        for number in gone {
            try db.execute(
                sql: "DELETE FROM version WHERE concept_id = ? AND number = ?", arguments: [conceptID, number])
        }
        let owner = try Int64.fetchOne(db, sql: "SELECT account_id FROM concept WHERE id = ?", arguments: [conceptID])
        if let owner { try removeOrphanedArtifacts(db, owner) }
        return gone
    }

    /// Removes artifacts of the user that no version uses any more, and photos that are no longer kept.
    func removeOrphanedArtifacts(_ db: Database, _ userID: Int64) throws {
        try db.execute(
            sql: """
                DELETE FROM artifact WHERE account_id = ? AND NOT EXISTS (
                    SELECT 1 FROM version WHERE version.account_id = artifact.account_id
                    AND version.digest = artifact.digest)
                AND NOT EXISTS (
                    SELECT 1 FROM photo WHERE photo.account_id = artifact.account_id
                    AND photo.digest = artifact.digest)
                -- A running import names them soon.
                AND NOT EXISTS (
                    SELECT 1 FROM import_artifact WHERE import_artifact.account_id = artifact.account_id
                    AND import_artifact.digest = artifact.digest)
                """, arguments: [userID])
    }
}
