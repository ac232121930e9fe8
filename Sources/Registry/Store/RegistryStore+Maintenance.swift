internal import GRDB

/// What a round of maintenance did.
public struct MaintenanceReport: Sendable, Equatable {
    /// Expired tokens removed.
    public let prunedTokens: Int
    /// Deleted concepts whose window for restoring was over.
    public let purgedConcepts: Int
    /// Whether the ballast has its full size; false means that the disk is full.
    public let ballastIsWhole: Bool
}

extension RegistryStore {
    /// Writes last uses, removes expired tokens and concepts deleted longer ago than the window, restores the ballast.
    /// Meant for a call every few minutes.
    public func maintain() async throws -> MaintenanceReport {
        let (tokens, concepts) = try await write { db -> (Int, Int) in
            // What is removed here cannot be restored: only time that has surely passed counts.
            let now = self.sureNow
            try self.mendFutureStarts(db)
            try self.flushLastUse(db)
            try db.execute(sql: "DELETE FROM token WHERE expires_ms <= ?", arguments: [now])
            let tokens = try db.changesCount + self.pruneRotatedTokens(db)
            let due = try Int64.fetchAll(
                db, sql: "SELECT id FROM concept WHERE deleted_ms IS NOT NULL AND deleted_ms <= ?",
                arguments: [now - self.configuration.undeleteWindowMs])
            for id in due { try self.purge(db, conceptID: id, by: .maintenance) }
            _ = try self.compactEvents(db)
            return (tokens, due.count)
        }
        try await flushFailedLogins()
        try await finishErasures(maintaining: true)
        let whole = ballast.restore()
        if whole { try await setAutomaticCheckpoint(pages: configuration.logPages) }
        return MaintenanceReport(prunedTokens: tokens, purgedConcepts: concepts, ballastIsWhole: whole)
    }

    /// Removes a deleted concept for good, with the artifacts nothing else uses.
    func purge(_ db: Database, conceptID: Int64, by actor: AuditActor) throws {
        let owner = try Int64.fetchOne(
            db, sql: "SELECT account_id FROM concept WHERE id = ? AND deleted_ms IS NOT NULL", arguments: [conceptID])
        guard let owner else { return }
        try record(db, by: actor, "concept.purge", on: .concept(owner, conceptID))
        try db.execute(sql: "DELETE FROM concept WHERE id = ?", arguments: [conceptID])
        try removeOrphanedArtifacts(db, owner)
    }
}
