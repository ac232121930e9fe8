internal import Foundation
import Foundations
internal import GRDB
internal import Rules

extension RegistryStore {
    /// Destroys one of the caller's concepts, deleted ones of that name too: artifacts with their keys, versions,
    /// pointers, history, events' names, pages and log. Nothing brings it back, a restored backup neither.
    ///
    /// The promise is in the journal before anything is destroyed. Works on a full disk. `failedPrecondition` while a
    /// protected alias holds it. Once begun it cannot be cancelled: half an erasure would be a promise that only the
    /// next start keeps.
    public func eraseConcept(_ name: String, by principal: Principal) async throws -> [Erasure] {
        try Task.checkCancellation()
        return try await Uncancelled.run { try await self.erasedConcept(name, by: principal) }
    }

    private func erasedConcept(_ name: String, by principal: Principal) async throws -> [Erasure] {
        let name = try CheckedText.conceptName(name)
        let targets = try await read { db -> [(uid: [UInt8], isDeleted: Bool)] in
            try self.requireMayChange(db, principal)
            if let live = try Self.findConcept(db, name, principal.userID) {
                try Self.requireNoProtection(db, live)
            }
            let rows = try Row.fetchAll(
                db, sql: "SELECT uid, deleted_ms FROM concept WHERE account_id = ? AND name_key = ? ORDER BY id",
                arguments: [principal.userID, NameRules.fold(name)])
            // The same error as other calls, with the nearest name.
            if rows.isEmpty { _ = try Self.concept(db, name, principal.userID) }
            return rows.map { (Blob.bytes($0["uid"]), ($0["deleted_ms"] as Int64?) != nil) }
        }
        var erasures: [Erasure] = []
        for target in targets {
            let entry = try await newEntry(.concept, target.uid)
            let erased = try await write(essential: true) { db in
                try self.requireMayChange(db, principal)
                return try self.destroy(db, entry, by: .user(principal.userID))
            }
            if let erased { erasures.append(erased) }
        }
        return try await finished(erasures)
    }

    /// Destroys an account with everything it had: its data key, concepts, tokens and events. What the audit log and
    /// backups still hold can then no longer be attributed to anybody. Administrators and the console only; the last
    /// administrator cannot be erased. Once begun it cannot be cancelled.
    public func eraseUser(_ name: String, by actor: Actor) async throws -> Erasure {
        try Task.checkCancellation()
        return try await Uncancelled.run { try await self.erasedUser(name, by: actor) }
    }

    private func erasedUser(_ name: String, by actor: Actor) async throws -> Erasure {
        try Permission.manageAccounts.require(of: actor)
        let uid = try await read { db -> [UInt8] in
            let account = try Self.account(db, name: name)
            try Self.requireAnotherAdministrator(db, than: account)
            return try Self.uid(db, account.userID)
        }
        let entry = try await newEntry(.user, uid)
        let erased = try await write(essential: true) { db -> Erasure? in
            try self.requireLive(db, actor)
            try Self.requireAnotherAdministrator(db, than: try Self.account(db, name: name))
            return try self.destroy(db, entry, by: actor.auditActor)
        }
        credentialsChanged()
        guard let erased, let done = try await finished([erased]).first else {
            throw RegistryError(.notFound, "no user named \(name); list the users")
        }
        return done
    }

    /// Receipts of the caller's erased concepts, newest first; all of them for administrators, auditors and the console.
    public func erasures(limit: Int = 100, by actor: Actor) async throws -> [ErasureReceipt] {
        let own: Int64?
        if case .principal(let principal) = actor, principal.role == .user {
            own = principal.userID
        } else {
            try Permission.readAudit.require(of: actor)
            own = nil
        }
        return try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM erasure WHERE :own IS NULL OR account_id = :own ORDER BY requested_ms DESC, receipt
                    LIMIT :limit
                    """, arguments: ["own": own, "limit": Page.size(limit)]
            ).map(ErasureReceipt.init(row:))
        }
    }

    /// Ends pending erasures: rewrites the database, merges the log until it is empty, and marks them. A large database
    /// is left to `maintain`, which does this at most every ten minutes.
    func finishErasures(maintaining: Bool = false) async throws {
        let (pending, bytes) = try await read { db in
            (
                try Int.fetchOne(db, sql: "SELECT count(*) FROM erasure WHERE erased_ms IS NULL") ?? 0,
                try Int.fetchOne(db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0
            )
        }
        guard pending > 0 else { return }
        let now = self.steadyNow
        let due = lastRewrite.withLock { last in
            guard bytes <= configuration.rewriteAtOnceBytes || (maintaining && now - last >= 600_000) else {
                return false
            }
            last = now
            return true
        }
        guard due, try await rewrite(), try await checkpointUntilDone() else { return }
        try await write(essential: true) { db in
            try db.execute(sql: "UPDATE erasure SET erased_ms = ? WHERE erased_ms IS NULL", arguments: [self.now])
        }
    }

    /// Destroys, while the registry is opened, what the journal promises and a restored database still contains. Not
    /// concurrent.
    func reapplyErasures() throws {
        let entries = try journal.entries()
        guard !entries.isEmpty else { return }
        try pool.writeWithoutTransaction { db in
            for entry in entries {
                try db.inTransaction(.immediate) {
                    let known = try Int.fetchOne(
                        db, sql: "SELECT 1 FROM erasure WHERE receipt = ?", arguments: [entry.receipt])
                    if known == nil { _ = try self.destroy(db, entry, by: .maintenance) }
                    return .commit
                }
            }
            let pending = try Int.fetchOne(db, sql: "SELECT count(*) FROM erasure WHERE erased_ms IS NULL") ?? 0
            guard pending > 0 else { return }
            try Self.rewrite(db)
            guard try Self.checkpoint(db) else { return }
            try db.execute(sql: "UPDATE erasure SET erased_ms = ? WHERE erased_ms IS NULL", arguments: [self.now])
        }
    }

    /// Appends the promise to the journal. On the writer's queue, so that lines do not interleave.
    private func newEntry(_ kind: ErasureReceipt.Kind, _ subject: [UInt8]) async throws -> ErasureJournal.Entry {
        let entry = ErasureJournal.Entry(
            receipt: Hex.encode(try configuration.random(16)), kind: kind, subject: subject, requestedAtMs: now)
        let (journal, ballast) = (journal, ballast)
        try await pool.writeWithoutTransaction { _ in
            do {
                try journal.append(entry)
            } catch let error as RegistryError where error.code == .storageFull {
                guard ballast.release() > 0 else { throw error }
                try journal.append(entry)
            }
        }
        return entry
    }

    /// The whole transaction; nil when the subject is gone already.
    private func destroy(_ db: Database, _ entry: ErasureJournal.Entry, by actor: AuditActor) throws -> Erasure? {
        switch entry.kind {
        case .concept: try destroyConcept(db, entry, by: actor)
        case .user: try destroyUser(db, entry, by: actor)
        }
    }

    private func destroyConcept(
        _ db: Database, _ entry: ErasureJournal.Entry, by actor: AuditActor
    ) throws -> Erasure? {
        let row = try Row.fetchOne(
            db, sql: "SELECT id, account_id, name_key FROM concept WHERE uid = ?",
            arguments: [Blob.data(entry.subject)])
        guard let row else { return nil }
        let (conceptID, userID): (Int64, Int64) = (row["id"], row["account_id"])
        let jobs = try destroyJobs(db, of: userID, concept: row["name_key"])
        let versions = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM version WHERE concept_id = ?", arguments: [conceptID])
        let before = try Self.digests(db, userID)
        try record(
            db, by: actor, "concept.erase", on: .concept(userID, conceptID), details: ["receipt": .text(entry.receipt)])
        // Aliases are words that a person chose.
        try db.execute(
            sql: "UPDATE event SET pointer = NULL WHERE concept_id = ? AND pointer <> 'current'",
            arguments: [conceptID])
        // Before the row goes: whoever it is shared with must hear of it.
        let revision = try bumpUser(db, userID, ChangeDraft(.erase, conceptID))
        try db.execute(sql: "DELETE FROM concept WHERE id = ?", arguments: [conceptID])
        try removeOrphanedArtifacts(db, userID)
        let after = try Self.digests(db, userID)
        let gone = before.filter { after[$0.key] == nil }
        return Erasure(
            receipt: try write(db, entry, userID, versions: versions ?? 0, bytes: gone.values.reduce(0, +)),
            userID: userID, digests: gone.keys.sorted(), jobs: jobs, revision: UInt64(revision))
    }

    /// A waiting job would bring the concept back, and a finished one still holds its words and photos.
    private func destroyJobs(_ db: Database, of userID: Int64, concept key: String) throws -> [String] {
        let rows = try Row.fetchAll(db, sql: "SELECT id, concept FROM job WHERE account_id = ?", arguments: [userID])
        let jobs = rows.filter { NameRules.fold($0["concept"]) == key }.map { $0["id"] as String }
        for id in jobs { try db.execute(sql: "DELETE FROM job WHERE id = ?", arguments: [id]) }
        return jobs
    }

    private func destroyUser(_ db: Database, _ entry: ErasureJournal.Entry, by actor: AuditActor) throws -> Erasure? {
        let userID = try Int64.fetchOne(
            db, sql: "SELECT id FROM account WHERE uid = ?", arguments: [Blob.data(entry.subject)])
        guard let userID else { return nil }
        let digests = try Self.digests(db, userID)
        let versions = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM version WHERE account_id = ?", arguments: [userID])
        let sharers = try Self.sharers(db, userID)
        let jobs = try String.fetchAll(db, sql: "SELECT id FROM job WHERE account_id = ?", arguments: [userID])
        try record(db, by: actor, "user.erase", on: .user(userID), details: ["receipt": .text(entry.receipt)])
        try db.execute(sql: "DELETE FROM concept WHERE account_id = ?", arguments: [userID])
        try db.execute(sql: "DELETE FROM artifact WHERE account_id = ?", arguments: [userID])
        // Tokens, events and the data key go with the account.
        try db.execute(sql: "UPDATE erasure SET account_id = NULL WHERE account_id = ?", arguments: [userID])
        try db.execute(sql: "DELETE FROM account WHERE id = ?", arguments: [userID])
        let (setCache, revisionSignal, userKeys) = (setCache, revisionSignal, userKeys)
        db.afterNextTransaction { _ in
            userKeys.withLock { $0.forget(userID) }
            setCache.withLock { cache in for id in sharers + [userID] { cache.invalidate(id) } }
            revisionSignal.ring(userID)
        }
        return Erasure(
            receipt: try write(
                db, entry, nil, versions: versions ?? 0, bytes: digests.values.reduce(0, +)),
            userID: userID, digests: digests.keys.sorted(), jobs: jobs, revision: 0)
    }

    private func write(
        _ db: Database, _ entry: ErasureJournal.Entry, _ userID: Int64?, versions: Int, bytes: Int
    ) throws -> ErasureReceipt {
        try db.execute(
            sql: """
                INSERT INTO erasure (receipt, kind, subject, account_id, requested_ms, versions, bytes)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.receipt, entry.kind.rawValue, Blob.data(entry.subject), userID, entry.requestedAtMs, versions,
                bytes,
            ])
        return ErasureReceipt(
            receipt: entry.receipt, kind: entry.kind, requestedAtMs: entry.requestedAtMs, erasedAtMs: nil,
            versions: versions, bytes: bytes)
    }

    /// Merges the log and returns the receipts as they are afterwards.
    private func finished(_ erasures: [Erasure]) async throws -> [Erasure] {
        try await finishErasures()
        return try await read { db in
            try erasures.map { erasure in
                let row = try Row.fetchOne(
                    db, sql: "SELECT * FROM erasure WHERE receipt = ?", arguments: [erasure.receipt.receipt])
                return Erasure(
                    receipt: try row.map(ErasureReceipt.init(row:)) ?? erasure.receipt, userID: erasure.userID,
                    digests: erasure.digests, jobs: erasure.jobs, revision: erasure.revision)
            }
        }
    }

    static func uid(_ db: Database, _ userID: Int64) throws -> [UInt8] {
        let uid = try Data.fetchOne(db, sql: "SELECT uid FROM account WHERE id = ?", arguments: [userID])
        guard let uid else { throw RegistryError(.notFound, "no such user") }
        return Blob.bytes(uid)
    }

    /// Size of each of the user's artifacts, by digest.
    private static func digests(_ db: Database, _ userID: Int64) throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        let rows = try Row.fetchAll(
            db, sql: "SELECT digest, size FROM artifact WHERE account_id = ?", arguments: [userID])
        for row in rows { sizes[row["digest"]] = row["size"] }
        return sizes
    }
}

extension ErasureReceipt {
    init(row: Row) throws {
        guard let kind = Kind(rawValue: row["kind"]) else {
            throw RegistryError(.dataLoss, "an erasure has an unknown kind; restore a backup")
        }
        self.init(
            receipt: row["receipt"], kind: kind, requestedAtMs: row["requested_ms"], erasedAtMs: row["erased_ms"],
            versions: row["versions"], bytes: row["bytes"])
    }
}
