internal import GRDB
internal import Rules

extension RegistryStore {
    /// Hides a concept: its name becomes free, answers no longer use it, and `undeleteConcept` restores it within the
    /// window. Returns the user's revision. Works on a full disk. `failedPrecondition` while a protected alias holds
    /// it.
    @discardableResult
    public func deleteConcept(_ name: String, by principal: Principal) async throws -> UInt64 {
        try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            try Self.requireNoProtection(db, concept)
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.delete, concept.conceptID))
            try db.execute(
                sql: "UPDATE concept SET deleted_ms = ?, deleted_revision = ? WHERE id = ?",
                arguments: [self.now, revision, concept.conceptID])
            try self.record(
                db, by: .user(principal.userID), "concept.delete", on: .concept(principal.userID, concept.conceptID))
            return UInt64(revision)
        }
    }

    /// Restores the concept of that name that was deleted last. `notFound` after the window, `alreadyExists` when the
    /// name is in use again. Returns the user's revision.
    @discardableResult
    public func undeleteConcept(_ name: String, by principal: Principal) async throws -> UInt64 {
        let name = try CheckedText.conceptName(name)
        return try await write { db in
            try self.requireMayChange(db, principal)
            let id = try Int64.fetchOne(
                db,
                sql: """
                    SELECT id FROM concept WHERE account_id = ? AND name_key = ? AND deleted_ms > ?
                    ORDER BY deleted_revision DESC LIMIT 1
                    """,
                arguments: [
                    principal.userID, NameRules.fold(name), self.sureNow - self.configuration.undeleteWindowMs,
                ])
            guard let id else {
                throw RegistryError(.notFound, "no deleted concept named \(name) that could come back")
            }
            guard try Self.findConcept(db, name, principal.userID) == nil else {
                throw RegistryError(.alreadyExists, "there is a concept named \(name) again; delete that one first")
            }
            try self.requireRoomForConcept(db, principal.userID)
            try db.execute(
                sql: "UPDATE concept SET deleted_ms = NULL, deleted_revision = NULL WHERE id = ?", arguments: [id])
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.undelete, id))
            let concept = try Self.concept(db, name, principal.userID)
            try self.record(
                db, by: .user(principal.userID), "concept.undelete", on: .concept(principal.userID, concept.conceptID))
            return UInt64(revision)
        }
    }
}
