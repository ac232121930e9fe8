internal import GRDB

/// A concept one user lets another use.
public struct ShareRecord: Sendable, Equatable {
    /// Whose concept it is.
    public let owner: String
    /// The concept.
    public let concept: String
    /// Who may use it.
    public let user: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
}

/// A share after a call, and the owner's revision after it.
public struct ShareChange: Sendable, Equatable {
    /// As it is now; nil when it was taken back.
    public let share: ShareRecord?
    /// False when it was so already.
    public let changed: Bool
    /// The owner's revision after it.
    public let revision: UInt64
}

extension RegistryStore {
    /// Lets another user's answers use one of the caller's concepts, as `OWNER/CONCEPT`: whichever version is current.
    /// The other can neither read nor change it. Sharing it again changes nothing.
    @discardableResult
    public func share(_ name: String, with user: String, by principal: Principal) async throws -> ShareChange {
        try await write { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            let other = try Self.account(db, name: user)
            guard other.userID != principal.userID else {
                throw RegistryError(.invalidArgument, "the concept is yours already; name another user")
            }
            let known = try Int64.fetchOne(
                db, sql: "SELECT created_ms FROM share WHERE concept_id = ? AND account_id = ?",
                arguments: [concept.conceptID, other.userID])
            let record = ShareRecord(
                owner: principal.name, concept: concept.name, user: other.name, createdAtMs: known ?? self.now)
            guard known == nil else {
                return ShareChange(
                    share: record, changed: false, revision: try Self.userRevision(db, principal.userID))
            }
            try db.execute(
                sql: "INSERT INTO share (concept_id, account_id, created_ms) VALUES (?, ?, ?)",
                arguments: [concept.conceptID, other.userID, self.now])
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.share, concept.conceptID))
            try self.record(
                db, by: .user(principal.userID), "concept.share", on: .concept(principal.userID, concept.conceptID),
                details: ["with": .text(try Self.tag(db, other.userID))])
            return ShareChange(share: record, changed: true, revision: UInt64(revision))
        }
    }

    /// Takes a share back: the other's next answer does without it. `notFound` where there is none.
    @discardableResult
    public func unshare(_ name: String, with user: String, by principal: Principal) async throws -> ShareChange {
        try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            let other = try Self.account(db, name: user)
            // Before the row goes: whoever is told by it must hear of it.
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.unshare, concept.conceptID))
            try db.execute(
                sql: "DELETE FROM share WHERE concept_id = ? AND account_id = ?",
                arguments: [concept.conceptID, other.userID])
            guard db.changesCount == 1 else {
                throw RegistryError(
                    .notFound, "\(concept.name) is not shared with \(user); `concept shares` lists them")
            }
            try self.record(
                db, by: .user(principal.userID), "concept.unshare", on: .concept(principal.userID, concept.conceptID),
                details: ["with": .text(try Self.tag(db, other.userID))])
            return ShareChange(share: nil, changed: true, revision: UInt64(revision))
        }
    }

    /// What the user shares with others, and what others share with the user.
    public func shares(of userID: Int64) async throws -> [ShareRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT owner.name AS owner, concept.name AS concept, other.name AS user, share.created_ms FROM share
                    JOIN concept ON concept.id = concept_id AND deleted_ms IS NULL
                    JOIN account AS owner ON owner.id = concept.account_id
                    JOIN account AS other ON other.id = share.account_id
                    WHERE concept.account_id = :user OR share.account_id = :user
                    ORDER BY owner.name, concept.name, other.name
                    """, arguments: ["user": userID]
            ).map {
                ShareRecord(owner: $0["owner"], concept: $0["concept"], user: $0["user"], createdAtMs: $0["created_ms"])
            }
        }
    }

    /// Who may use any of the user's concepts: their sets change with them.
    static func sharers(_ db: Database, _ userID: Int64) throws -> [Int64] {
        try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT DISTINCT share.account_id FROM concept JOIN share ON share.concept_id = concept.id
                    WHERE concept.account_id = ?
                    """), arguments: [userID])
    }
}
