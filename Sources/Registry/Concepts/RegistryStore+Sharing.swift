internal import GRDB

/// A concept one user offers another, or lets another use.
public struct ShareRecord: Sendable, Equatable {
    /// Its state, as far as whoever asks may know it.
    public enum State: String, Sendable {
        /// It waits for the receiver's answer, as far as the owner may know.
        case offered
        /// The receiver's answers use it.
        case accepted
        /// The receiver does not want it; only the receiver sees this.
        case declined
    }
    /// Whose concept it is.
    public let owner: String
    /// The concept.
    public let concept: String
    /// To whom it is offered.
    public let user: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// Where it stands.
    public let state: State
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
    /// Offers another user one of the caller's concepts. Once it is accepted, the other's answers use it as
    /// `OWNER/CONCEPT`: whichever version is current. The other can neither read nor change it. Sharing it again changes
    /// nothing.
    ///
    /// The answer depends neither on whether there is such a user nor on what that user has decided about the caller.
    /// `resourceExhausted` names the limit of shares given.
    @discardableResult
    public func share(_ name: String, with user: String, by principal: Principal) async throws -> ShareChange {
        let user = try CheckedText.userName(user)
        guard user != principal.name else {
            throw RegistryError(.invalidArgument, "the concept is yours already; name another user")
        }
        return try await write { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            let known = try Self.shareRow(db, concept.conceptID, user)
            let reached = try self.reached(db, user, by: principal)
            guard let state = ShareState.after(.share(reaches: reached != nil), known?.state) else {
                throw RegistryError(.internalError, "a share without a state")
            }
            let record = ShareRecord(
                owner: principal.name, concept: concept.name, user: user, createdAtMs: known?.createdAtMs ?? self.now,
                state: state.seenByOwner)
            if let known {
                // The owner gets no event when an offer arrives late: it would reveal that the account now exists.
                if known.state == .undelivered, state == .offered, let reached {
                    try db.execute(
                        sql: "UPDATE share SET account_id = ? WHERE concept_id = ? AND user = ?",
                        arguments: [reached, concept.conceptID, user])
                }
                return ShareChange(
                    share: record, changed: false, revision: try Self.userRevision(db, principal.userID))
            }
            try self.requireRoomForShare(db, principal)
            try db.execute(
                sql:
                    "INSERT INTO share (concept_id, user, account_id, state, created_ms) VALUES (?, ?, ?, 'offered', ?)",
                arguments: [concept.conceptID, user, reached, self.now])
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.share, concept.conceptID))
            try self.record(
                db, by: .user(principal.userID), "concept.share", on: .concept(principal.userID, concept.conceptID),
                details: ["with": try Self.receiver(db, reached, user)])
            return ShareChange(share: record, changed: true, revision: UInt64(revision))
        }
    }

    /// Takes a share back: the other user's next answer does without it. `notFound` where there is none.
    @discardableResult
    public func unshare(_ name: String, with user: String, by principal: Principal) async throws -> ShareChange {
        let user = try CheckedText.userName(user)
        return try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            guard let known = try Self.shareRow(db, concept.conceptID, user) else {
                throw RegistryError(
                    .notFound, "\(concept.name) is not shared with \(user); `concept shares` lists them")
            }
            // Before the row is deleted: those it names must be notified.
            let revision = try self.bumpUser(db, principal.userID, ChangeDraft(.unshare, concept.conceptID))
            try db.execute(
                sql: "DELETE FROM share WHERE concept_id = ? AND user = ?", arguments: [concept.conceptID, user])
            try self.record(
                db, by: .user(principal.userID), "concept.unshare", on: .concept(principal.userID, concept.conceptID),
                details: ["with": try Self.receiver(db, known.receiver, user)])
            return ShareChange(share: nil, changed: true, revision: UInt64(revision))
        }
    }

    /// What the user shares with others, and what others offer the user or let the user use; at most a thousand.
    public func shares(of userID: Int64) async throws -> [ShareRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT owner.name AS owner, concept.name AS concept, user, share.account_id, state,
                        share.created_ms, concept.account_id AS owner_id
                    FROM share
                    JOIN concept ON concept.id = concept_id AND deleted_ms IS NULL
                    JOIN account AS owner ON owner.id = concept.account_id
                    WHERE concept.account_id = :user OR share.account_id = :user
                    ORDER BY owner.name, concept.name, user LIMIT 1000
                    """, arguments: ["user": userID]
            ).compactMap { row in
                let state = try ShareState(stored: row["state"], receiver: row["account_id"])
                let seen = row["owner_id"] == userID ? state.seenByOwner : state.seenByReceiver
                return seen.map {
                    ShareRecord(
                        owner: row["owner"], concept: row["concept"], user: row["user"],
                        createdAtMs: row["created_ms"], state: $0)
                }
            }
        }
    }

    /// Who uses any of the user's concepts: their sets change with them.
    static func sharers(_ db: Database, _ userID: Int64) throws -> [Int64] {
        try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT DISTINCT share.account_id FROM concept JOIN share ON share.concept_id = concept.id
                    WHERE concept.account_id = ? AND state = 'accepted' AND share.account_id IS NOT NULL
                    """), arguments: [userID])
    }

    /// Whom an offer would reach now.
    private func reached(_ db: Database, _ user: String, by principal: Principal) throws -> Int64? {
        let found = try Int64.fetchOne(
            db,
            sql: """
                SELECT id FROM account WHERE name = ? AND suspended = 0 AND role <> 'auditor'
                AND NOT EXISTS (SELECT 1 FROM share_block WHERE share_block.account_id = account.id AND owner = ?)
                """, arguments: [user, principal.name])
        guard let found else { return nil }
        let waiting = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) AS whole, coalesce(sum(concept.account_id = ?), 0) AS own FROM share
                JOIN concept ON concept.id = concept_id AND deleted_ms IS NULL
                WHERE share.account_id = ? AND state = 'offered'
                """, arguments: [principal.userID, found])
        let (all, own): (Int, Int) = (waiting?["whole"] ?? 0, waiting?["own"] ?? 0)
        let quotas = configuration.quotas
        return all < quotas.waitingOffers && own < quotas.waitingOffersOfOneOwner ? found : nil
    }

    private func requireRoomForShare(_ db: Database, _ principal: Principal) throws {
        let given = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM share JOIN concept ON concept.id = concept_id WHERE concept.account_id = ?",
            arguments: [principal.userID])
        let limit = configuration.quotas.sharesPerUser
        guard given ?? 0 < limit else {
            throw RegistryError(.resourceExhausted, "\(given ?? 0) of \(limit) shares are given; take one back first")
        }
    }

    private static func shareRow(
        _ db: Database, _ conceptID: Int64, _ user: String
    ) throws -> (state: ShareState, receiver: Int64?, createdAtMs: Int64)? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM share WHERE concept_id = ? AND user = ?", arguments: [conceptID, user]
        ).map {
            (
                try ShareState(stored: $0["state"], receiver: $0["account_id"]), $0["account_id"], $0["created_ms"]
            )
        }
    }

    /// For the audit log: the code of an existing user, otherwise a code of the name that was typed.
    private static func receiver(_ db: Database, _ userID: Int64?, _ user: String) throws -> AuditValue {
        try userID.map { .text(try tag(db, $0)) } ?? .personal(user)
    }
}

extension ShareState {
    /// Reads the stored form: an offer that reached nobody has no receiver.
    init(stored: String, receiver: Int64?) throws {
        guard let state = ShareState(rawValue: stored), state != .undelivered else {
            throw RegistryError(.dataLoss, "a share has an unknown state; restore a backup")
        }
        self = receiver == nil ? .undelivered : state
    }
}
