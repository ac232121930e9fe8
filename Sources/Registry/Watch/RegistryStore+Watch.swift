internal import Foundations
internal import GRDB

extension RegistryStore {
    /// Changes of the user's concepts after `revision`, oldest first, at most `limit`.
    ///
    /// `compacted` when events after `revision` are gone, or when the user's revision is below it (the registry was
    /// restored from a backup): list the concepts anew and go on from the revision of that listing.
    public func changes(of userID: Int64, after revision: UInt64, limit: Int = 100) async throws -> ChangePage {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT revision, compacted FROM account WHERE id = ?", arguments: [userID])
            guard let row else { throw RegistryError(.notFound, "no such user") }
            let current: Int64 = row["revision"]
            let compacted: Int64 = row["compacted"]
            guard let after = Int64(exactly: revision), after >= compacted, after <= current else {
                throw RegistryError(
                    .compacted,
                    "COMPACTED: the events after revision \(revision) are not kept (kept: after \(compacted), now "
                        + "\(current)); list the concepts and go on from there")
            }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT event.*, coalesce(concept.name, '') AS name FROM event
                    LEFT JOIN concept ON concept.id = concept_id
                    WHERE event.account_id = ? AND event.revision > ? ORDER BY event.revision LIMIT ?
                    """, arguments: [userID, after, Page.size(limit)])
            return ChangePage(events: try rows.map(ChangeEvent.init(row:)), revision: UInt64(current))
        }
    }

    /// Waits until there are changes after `revision` and returns them; see `changes(of:after:limit:)`. Ends with its
    /// task.
    public func nextChanges(of userID: Int64, after revision: UInt64, limit: Int = 100) async throws -> ChangePage {
        while true {
            let rings = revisionSignal.rings(userID)
            let page = try await changes(of: userID, after: revision, limit: limit)
            if !page.events.isEmpty { return page }
            try await revisionSignal.wait(userID, after: rings)
        }
    }

    /// Ends every wait for changes, now and later, because the server stops.
    public func endWatches() { revisionSignal.close() }

    /// Whether `endWatches` was called, or the registry closed.
    public var watchesHaveEnded: Bool { revisionSignal.isClosed }

    /// The user's next revision, with its event. Wakes watchers and drops the cached set once the transaction is
    /// committed.
    @discardableResult
    func bumpUser(_ db: Database, _ userID: Int64, _ change: ChangeDraft) throws -> Int64 {
        try db.run("UPDATE account SET revision = revision + 1 WHERE id = ?", [userID])
        let revision = Int64(try Self.userRevision(db, userID))
        try db.run(
            """
            INSERT INTO event (account_id, revision, at_ms, kind, concept_id, pointer, from_number, to_number)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                userID, revision, now, change.kind.rawValue, change.conceptID, change.pointer, change.from, change.to,
            ])
        let sharers = try Self.sharers(db, userID)
        let (setCache, revisionSignal) = (setCache, revisionSignal)
        db.afterNextTransaction { _ in
            setCache.withLock { cache in for id in sharers + [userID] { cache.invalidate(id) } }
            revisionSignal.ring(userID)
        }
        return revision
    }

    /// Drops all but the newest events of each user. Returns how many were dropped.
    func compactEvents(_ db: Database) throws -> Int {
        let keep = configuration.eventsPerUser
        try db.execute(
            sql: "UPDATE account SET compacted = max(compacted, revision - ?) WHERE revision - compacted > ?",
            arguments: [keep, keep + keep / 4])
        guard db.changesCount > 0 else { return 0 }
        try db.execute(
            sql: """
                DELETE FROM event WHERE revision <= (SELECT compacted FROM account WHERE account.id = account_id)
                """)
        return db.changesCount
    }
}

extension ChangeEvent {
    init(row: Row) throws {
        guard let kind = Kind(rawValue: row["kind"]) else {
            throw RegistryError(.dataLoss, "an event has an unknown kind; restore a backup")
        }
        self.init(
            revision: UInt64(bitPattern: row["revision"] as Int64), atMs: row["at_ms"], kind: kind,
            conceptID: row["concept_id"], concept: row["name"], pointer: row["pointer"], from: row["from_number"],
            to: row["to_number"])
    }
}
