internal import GRDB

/// A requested move of `current`.
struct PointerChange: Sendable {
    let conceptID: Int64
    let concept: String
    let from: Int?
    let target: Int
    let action: PointerRecord.Action
    let reason: String

    var event: ChangeEvent.Kind {
        switch action {
        case .enroll: .enroll
        case .promote: .promote
        case .rollback: .rollback
        case .alias: .alias
        case .unalias: .unalias
        case .import: .import
        }
    }
}

/// The pointer's past is an undo stack, kept as a linked list in an append-only table: each move knows the move `below`
/// it. Enrolling pushes. A rollback without a number pops: its row repeats the value below and inherits what is below
/// that, so that two rollbacks go two back and rollbacks themselves are never rolled back to. A rollback to N pops down
/// to the nearest N on the stack; where N is not on it (it was rolled back out of, say) it is a step forward and pushes.
extension RegistryStore {
    /// Moves `current` back: to the value before (`to` nil), or to version `to`. One transaction, whatever the size.
    ///
    /// `failedPrecondition` when there is nothing before, when `current` stands on `to` already, or when `ifVersion` is
    /// given and is not the current version; `notFound` for an unknown concept or version. Works on a full disk.
    public func rollback(
        _ name: String, to number: Int? = nil, ifVersion: Int? = nil, reason: String = "", by principal: Principal
    ) async throws -> PointerRecord {
        let reason = try CheckedText.reason(reason)
        return try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            try Self.require(ifVersion, is: concept.currentVersion, name: concept.name)
            let target = try number ?? self.rollbackTarget(db, concept)
            _ = try Self.version(db, concept, target)
            guard target != concept.currentVersion || number == nil else {
                throw RegistryError(.failedPrecondition, "\(concept.name) is at version \(target) already")
            }
            let change = PointerChange(
                conceptID: concept.conceptID, concept: concept.name, from: concept.currentVersion, target: target,
                action: .rollback, reason: reason)
            let move = try self.move(db, change, by: principal)
            try self.record(
                db, by: .user(principal.userID), "concept.rollback", on: .concept(principal.userID, concept.conceptID),
                details: [
                    "from": .number(concept.currentVersion), "to": .number(target), "reason": .personal(reason),
                ])
            guard let move else { throw RegistryError(.internalError, "the pointer did not move") }
            return move
        }
    }

    /// Adds the move and points the concept at it; nil when `current` stands there already.
    func move(_ db: Database, _ change: PointerChange, by principal: Principal) throws -> PointerRecord? {
        guard change.from != change.target else { return nil }
        let top: Int64? = try db.value("SELECT current_move FROM concept WHERE id = ?", [change.conceptID])
        let below: Int64?
        if change.action == .rollback, let found = try nearest(db, change.target, from: top) {
            below = try db.value("SELECT below FROM move WHERE id = ?", [found])
        } else {
            below = top
        }
        let revision = try bumpUser(
            db, principal.userID,
            ChangeDraft(change.event, change.conceptID, pointer: "current", from: change.from, to: change.target))
        let now = self.now
        try db.run(
            """
            INSERT INTO move (concept_id, pointer, from_number, to_number, below, at_ms, by_name, action, reason,
                revision)
            VALUES (?, 'current', ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                change.conceptID, change.from, change.target, below, now, principal.name, change.action.rawValue,
                change.reason, revision,
            ])
        try db.run(
            "UPDATE concept SET current_move = ?, updated_ms = ? WHERE id = ?",
            [db.lastInsertedRowID, now, change.conceptID])
        return PointerRecord(
            concept: change.concept, pointer: "current", from: change.from, to: change.target, atMs: now,
            by: principal.name,
            action: change.action, reason: change.reason, revision: UInt64(revision))
    }

    /// The value a rollback without a number returns to: the nearest below that retention has left; nil where there is
    /// none.
    func valueBelow(_ db: Database, _ conceptID: Int64) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                WITH RECURSIVE stack (value, below, top) AS (
                    SELECT to_number, below, to_number FROM concept JOIN move ON move.id = current_move
                    WHERE concept.id = :concept
                    UNION ALL
                    SELECT move.to_number, move.below, top FROM move JOIN stack ON move.id = stack.below
                )
                -- Rows come in the order of depth, and the walk ends with the first that fits.
                SELECT value FROM stack WHERE value <> top
                AND EXISTS (SELECT 1 FROM version WHERE concept_id = :concept AND number = value)
                LIMIT 1
                """, arguments: ["concept": conceptID])
    }

    private func rollbackTarget(_ db: Database, _ concept: ConceptRecord) throws -> Int {
        guard let value = try valueBelow(db, concept.conceptID) else {
            throw RegistryError(
                .failedPrecondition,
                "\(concept.name) is at version \(concept.currentVersion) and has nothing before it; "
                    + "name a version to go to, or delete the concept")
        }
        return value
    }

    /// The nearest move under `top` whose value is `target`.
    private func nearest(_ db: Database, _ target: Int, from top: Int64?) throws -> Int64? {
        try Int64.fetchOne(
            db,
            sql: """
                WITH RECURSIVE stack (id, value, below, depth) AS (
                    SELECT id, to_number, below, 0 FROM move WHERE id = ?
                    UNION ALL
                    SELECT move.id, move.to_number, move.below, depth + 1 FROM move JOIN stack ON move.id = stack.below
                    WHERE stack.value <> ?
                )
                SELECT id FROM stack WHERE value = ? ORDER BY depth LIMIT 1
                """, arguments: [top, target, target])
    }
}
