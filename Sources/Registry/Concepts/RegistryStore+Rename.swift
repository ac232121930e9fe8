internal import GRDB
internal import Rules

/// A concept after a change, and the user's revision the change made.
public struct RenameResult: Sendable, Equatable {
    /// As it is now.
    public let concept: ConceptRecord
    /// False when it was so already.
    public let changed: Bool
    /// The user's revision after it.
    public let revision: UInt64
}

extension RegistryStore {
    /// Gives a concept another name; versions, pointers and history stay. Answers go on using the identifier, which
    /// the embedding was trained with: only another enrollment changes that word.
    ///
    /// `alreadyExists` when the name is taken. Changing only the letter case is allowed.
    @discardableResult
    public func renameConcept(_ name: String, to newName: String, by principal: Principal) async throws -> RenameResult
    {
        let newName = try CheckedText.conceptName(newName, what: "the concept's new name")
        return try await write { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            if let taken = try Self.findConcept(db, newName, principal.userID), taken.conceptID != concept.conceptID {
                throw RegistryError(
                    .alreadyExists, "there is a concept named \(taken.name) already; choose another name")
            }
            guard concept.name != newName else {
                return RenameResult(
                    concept: concept, changed: false, revision: try Self.userRevision(db, principal.userID))
            }
            try db.execute(
                sql: "UPDATE concept SET name = ?, name_key = ?, updated_ms = ? WHERE id = ?",
                arguments: [newName, NameRules.fold(newName), self.now, concept.conceptID])
            // Jobs stay with the concept: an erasure finds them by its name.
            try db.execute(
                sql: "UPDATE job SET concept = ? WHERE account_id = ? AND concept = ? AND state = 'succeeded'",
                arguments: [newName, principal.userID, concept.name])
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.rename, concept.conceptID))
            try self.record(
                db, by: .user(principal.userID), "concept.rename", on: .concept(principal.userID, concept.conceptID),
                details: ["to": .personal(newName)])
            return RenameResult(
                concept: try Self.concept(db, newName, principal.userID), changed: true, revision: UInt64(revision))
        }
    }
}
