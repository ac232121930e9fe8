internal import Foundations
internal import GRDB
internal import Rules

/// The receiver's side of shares: answers use nothing of another user's before the receiver has accepted it.
extension RegistryStore {
    /// Lets the caller's answers use a concept that is offered, or was declined before, from the next answer on.
    ///
    /// `notFound` where nothing of that name is offered, `failedPrecondition` while its owner is blocked,
    /// `resourceExhausted` names the limit of concepts of others.
    @discardableResult
    public func acceptShare(_ concept: String, of owner: String, by principal: Principal) async throws -> ShareRecord {
        try await answer(.accept, concept, of: owner, by: principal)
    }

    /// The caller's next answer does without the concept. `notFound` where nothing of that name is offered.
    @discardableResult
    public func declineShare(_ concept: String, of owner: String, by principal: Principal) async throws -> ShareRecord {
        try await answer(.decline, concept, of: owner, by: principal)
    }

    /// Declines all that a user shares with the caller; later offers do not arrive, and the owner is not told. Returns
    /// all who are blocked. The answer does not depend on whether there is such a user.
    @discardableResult
    public func blockSharer(_ owner: String, by principal: Principal) async throws -> [String] {
        let owner = try CheckedText.userName(owner)
        guard owner != principal.name else {
            throw RegistryError(.invalidArgument, "your own concepts are not offered to you; name another user")
        }
        return try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let blocked = try Self.blockedSharers(db, principal.userID)
            guard !blocked.contains(owner) else { return blocked }
            let limit = self.configuration.quotas.blockedSharers
            guard blocked.count < limit else {
                throw RegistryError(
                    .resourceExhausted, "\(blocked.count) of \(limit) users are blocked; unblock one first")
            }
            try db.execute(
                sql: "INSERT INTO share_block (account_id, owner, created_ms) VALUES (?, ?, ?)",
                arguments: [principal.userID, owner, self.now])
            try db.execute(
                sql: """
                    UPDATE share SET state = 'declined' WHERE account_id = ? AND concept_id IN (
                        SELECT concept.id FROM concept JOIN account ON account.id = concept.account_id
                        WHERE account.name = ?)
                    """, arguments: [principal.userID, owner])
            self.setChanged(db, principal.userID)
            try self.record(
                db, by: .user(principal.userID), "share.block", on: .user(principal.userID),
                details: ["owner": .personal(owner)])
            return try Self.blockedSharers(db, principal.userID)
        }
    }

    /// Lets a user's later offers arrive again; what was declined stays so until it is accepted. Returns all who are
    /// blocked. `notFound` for one who is not.
    @discardableResult
    public func unblockSharer(_ owner: String, by principal: Principal) async throws -> [String] {
        let owner = try CheckedText.userName(owner)
        return try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            try db.execute(
                sql: "DELETE FROM share_block WHERE account_id = ? AND owner = ?",
                arguments: [principal.userID, owner])
            guard db.changesCount == 1 else {
                throw RegistryError(.notFound, "\(owner) is not blocked; `concept shares` lists who is")
            }
            try self.record(
                db, by: .user(principal.userID), "share.unblock", on: .user(principal.userID),
                details: ["owner": .personal(owner)])
            return try Self.blockedSharers(db, principal.userID)
        }
    }

    /// Whose offers do not reach the user, by name.
    public func blockedSharers(of userID: Int64) async throws -> [String] {
        try await read { db in try Self.blockedSharers(db, userID) }
    }

    private static func blockedSharers(_ db: Database, _ userID: Int64) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT owner FROM share_block WHERE account_id = ? ORDER BY owner", arguments: [userID])
    }

    private func answer(
        _ action: ShareAction, _ concept: String, of owner: String, by principal: Principal
    ) async throws -> ShareRecord {
        let owner = try CheckedText.userName(owner)
        let name = try CheckedText.conceptName(concept)
        return try await write(essential: action == .decline) { db in
            try self.requireMayChange(db, principal)
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT concept.id, concept.name, concept.account_id AS owner_id, state, share.created_ms FROM share
                    JOIN concept ON concept.id = concept_id AND deleted_ms IS NULL
                    JOIN account ON account.id = concept.account_id
                    WHERE share.account_id = ? AND account.name = ? AND name_key = ?
                    """, arguments: [principal.userID, owner, NameRules.fold(name)])
            let before = try row.map { try ShareState(stored: $0["state"], receiver: principal.userID) }
            guard let row, let after = ShareState.after(action, before), let seen = after.seenByReceiver else {
                throw RegistryError(
                    .notFound, "\(owner) offers you no concept \(name); `concept shares` lists what is offered")
            }
            let record = ShareRecord(
                owner: owner, concept: row["name"], user: principal.name, createdAtMs: row["created_ms"], state: seen)
            guard after != before else { return record }
            if after == .accepted { try self.requireMayAccept(db, owner, principal) }
            let conceptID: Int64 = row["id"]
            try db.execute(
                sql: "UPDATE share SET state = ? WHERE concept_id = ? AND account_id = ?",
                arguments: [after.rawValue, conceptID, principal.userID])
            self.setChanged(db, principal.userID)
            try self.record(
                db, by: .user(principal.userID), "share.\(after == .accepted ? "accept" : "decline")",
                on: .concept(row["owner_id"], conceptID))
            return record
        }
    }

    private func requireMayAccept(_ db: Database, _ owner: String, _ principal: Principal) throws {
        guard try !Self.blockedSharers(db, principal.userID).contains(owner) else {
            throw RegistryError(.failedPrecondition, "you have blocked \(owner); `concept unblock \(owner)` first")
        }
        let accepted =
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM share JOIN concept ON concept.id = concept_id AND deleted_ms IS NULL
                    WHERE share.account_id = ? AND state = 'accepted'
                    """, arguments: [principal.userID]) ?? 0
        let limit = configuration.quotas.acceptedShares
        guard accepted < limit else {
            throw RegistryError(
                .resourceExhausted, "\(accepted) of \(limit) concepts of others are in use; decline one first")
        }
    }

    /// Makes the user's next answer read the set again.
    private func setChanged(_ db: Database, _ userID: Int64) {
        let setCache = setCache
        db.afterNextTransaction { _ in setCache.withLock { $0.invalidate(userID) } }
    }
}
