internal import GRDB
internal import Rules

extension RegistryStore {
    /// Commits a finished training: concept (if new), version, artifact, pointer, history, audit and revision in one
    /// transaction. The same content again is the same version: `created` is false and `current` moves onto it.
    ///
    /// The artifact is inspected first (`inspectArtifacts`), and its own description becomes the version's.
    /// `resourceExhausted` names the quota, `failedPrecondition` the version that stood there instead of `ifVersion`,
    /// `storageFull` leaves everything as it was.
    ///
    /// With `job` the same transaction ends that job: a crash before it leaves the job to be done again, a crash after
    /// it leaves nothing to do, and a job that was cancelled commits nothing.
    public func commit(
        _ enrollment: EnrollmentCommit, by principal: Principal, job: String? = nil
    ) async throws -> CommitResult {
        let checked = try CheckedEnrollment(try inspected(enrollment), quotas: configuration.quotas)
        return try await write { db in
            try self.requireMayChange(db, principal)
            let before = try Self.findConcept(db, checked.concept, principal.userID)
            try Self.require(checked.ifVersion, is: before?.currentVersion ?? 0, name: checked.concept)
            let conceptID: Int64
            if let before {
                conceptID = before.conceptID
            } else {
                try self.requireRoomForConcept(db, principal.userID)
                conceptID = try self.insertConcept(db, checked.concept, principal.userID)
            }
            let known = try Int.fetchOne(
                db, sql: "SELECT number FROM version WHERE concept_id = ? AND content = ?",
                arguments: [conceptID, checked.content])
            let number =
                try known ?? self.insertVersion(db, checked, conceptID, parent: before?.currentVersion, principal)
            let kept =
                try self.keepPhotos(db, enrollment.photos, conceptID, number, principal)
                + self.keepPhotos(db, of: enrollment.photosOfVersion, conceptID, number)
            let move = try self.move(
                db,
                PointerChange(
                    conceptID: conceptID, concept: before?.name ?? checked.concept, from: before?.currentVersion,
                    target: number, action: .enroll, reason: checked.reason),
                by: principal)
            let removed = try self.prune(db, conceptID)
            try self.record(
                db, by: .user(principal.userID), "concept.enroll", on: .concept(principal.userID, conceptID),
                details: [
                    "version": .number(number), "created": .flag(known == nil),
                    "moved": .flag(move != nil), "photos": .number(kept),
                    "removed": .numbers(removed), "reason": .personal(checked.reason),
                ])
            if let job {
                try self.move(db, job, .succeed)
                try db.execute(sql: "UPDATE job SET version = ? WHERE id = ?", arguments: [number, job])
            }
            let concept = try Self.concept(db, checked.concept, principal.userID)
            return CommitResult(
                version: try Self.version(db, concept, number), created: known == nil, move: move,
                revision: try Self.userRevision(db, principal.userID))
        }
    }

    /// Whether an enrollment under this name could be committed now: form of the name, quotas and `ifVersion`. Asked
    /// before the training, so that nobody trains in vain. What the user's waiting enrollments will need counts as
    /// used. `bytes` is what the new version needs at least.
    public func checkRoomForEnrollment(
        name: String, ifVersion: Int? = nil, bytes: Int = 1, by principal: Principal
    ) async throws {
        let name = try CheckedText.conceptName(name)
        try await read { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.findConcept(db, name, principal.userID)
            try Self.require(ifVersion, is: concept?.currentVersion ?? 0, name: name)
            try self.requireEnrollmentMinutes(db, principal.userID)
            let pending = try String.fetchAll(
                db, sql: "SELECT concept FROM job WHERE account_id = ? AND state IN ('queued', 'running')",
                arguments: [principal.userID])
            if let concept {
                let same = pending.filter { NameRules.fold($0) == NameRules.fold(name) }
                try self.requireRoomForVersion(db, concept.conceptID, name, coming: same.count)
            } else {
                let names = Set(pending.map(NameRules.fold)).subtracting([NameRules.fold(name)])
                let new = try names.filter { try Self.findConcept(db, $0, principal.userID) == nil }
                try self.requireRoomForConcept(db, principal.userID, coming: new.count)
            }
            try self.requireKnownRoom(db, bytes, principal.userID)
        }
    }

    /// Compare-and-set: nil accepts any version, 0 requires that there is no concept.
    static func require(_ wanted: Int?, is current: Int, name: String) throws {
        guard let wanted, wanted != current else { return }
        let found = current == 0 ? "does not exist" : "is at version \(current)"
        throw RegistryError(
            .failedPrecondition, "\(name) \(found), not at version \(wanted); look at it again and decide")
    }

    func insertConcept(_ db: Database, _ name: String, _ userID: Int64) throws -> Int64 {
        let now = self.now
        try db.execute(
            sql: """
                INSERT INTO concept (account_id, name, name_key, created_ms, updated_ms, uid)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [userID, name, NameRules.fold(name), now, now, Blob.data(try configuration.random(16))])
        return db.lastInsertedRowID
    }

    func insertVersion(
        _ db: Database, _ checked: CheckedEnrollment, _ conceptID: Int64, parent: Int?, _ principal: Principal,
        createdAtMs: Int64? = nil
    ) throws -> Int {
        try requireRoomForVersion(db, conceptID, checked.concept)
        if let artifact = checked.artifact { try store(db, artifact, digest: checked.digest, principal) }
        // Numbers are never reused.
        try db.execute(sql: "UPDATE concept SET next_number = next_number + 1 WHERE id = ?", arguments: [conceptID])
        let next = try Int.fetchOne(db, sql: "SELECT next_number FROM concept WHERE id = ?", arguments: [conceptID])
        let number = (next ?? 2) - 1
        try db.execute(
            sql: """
                INSERT INTO version (concept_id, number, account_id, digest, content, size, kind, class_noun, identifier,
                    threshold, model_digest, photos, training, parent, created_ms)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                conceptID, number, principal.userID, checked.digest, checked.content, checked.size,
                checked.kind.rawValue, checked.classNoun, checked.identifier, checked.threshold, checked.modelDigest,
                checked.photoCount, checked.trainingRecord, parent, createdAtMs ?? now,
            ])
        return number
    }
}
