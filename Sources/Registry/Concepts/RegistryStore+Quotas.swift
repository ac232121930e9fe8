internal import GRDB

extension RegistryStore {
    /// `coming`: new concepts of enrollments that wait or train.
    func requireRoomForConcept(_ db: Database, _ userID: Int64, coming: Int = 0) throws {
        let limit = try limit(db, .concepts, userID)
        let used = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM concept WHERE account_id = ? AND deleted_ms IS NULL", arguments: [userID])
        let enrolling = coming == 0 ? "" : ", \(coming) of them being enrolled"
        try require((used ?? 0) + coming, below: limit, "concepts are in use\(enrolling); delete one first")
    }

    /// `coming`: versions of enrollments that wait or train.
    func requireRoomForVersion(_ db: Database, _ conceptID: Int64, _ name: String, coming: Int = 0) throws {
        let used = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM version WHERE concept_id = ?", arguments: [conceptID])
        try require(
            (used ?? 0) + coming, below: configuration.quotas.versionsPerConcept,
            "versions of \(name) are in use; delete the concept and enroll it anew, or ask for a larger quota")
    }

    /// Deleted concepts of the user are removed, the oldest first, before an enrollment is refused.
    func requireRoomForBytes(_ db: Database, _ size: Int, _ principal: Principal) throws {
        let limit = try limit(db, .bytes, principal.userID)
        var used = try bytes(db, principal.userID)
        if used + size > limit {
            let deleted = try Int64.fetchAll(
                db,
                sql: "SELECT id FROM concept WHERE account_id = ? AND deleted_ms IS NOT NULL ORDER BY deleted_revision",
                arguments: [principal.userID])
            for id in deleted where used + size > limit {
                try purge(db, conceptID: id, by: .user(principal.userID))
                used = try bytes(db, principal.userID)
            }
        }
        guard used + size <= limit else {
            throw RegistryError(
                .resourceExhausted,
                "\(used) of \(limit) bytes are in use and \(size) more are needed; delete a concept first")
        }
    }

    /// Throws unless there would be room for `size` more bytes once deleted concepts are removed; changes nothing.
    func requireKnownRoom(_ db: Database, _ size: Int, _ userID: Int64) throws {
        let limit = try limit(db, .bytes, userID)
        // Artifacts that a version or a kept photo of a concept that is not deleted needs.
        let used = try Int.fetchOne(
            db,
            sql: """
                SELECT coalesce(sum(size), 0) FROM artifact WHERE account_id = :user AND (digest IN (
                    SELECT digest FROM version JOIN concept ON concept.id = concept_id
                    WHERE concept.account_id = :user AND deleted_ms IS NULL
                ) OR digest IN (
                    SELECT digest FROM photo JOIN concept ON concept.id = concept_id
                    WHERE concept.account_id = :user AND deleted_ms IS NULL
                ))
                """, arguments: ["user": userID])
        guard (used ?? 0) + size <= limit else {
            throw RegistryError(
                .resourceExhausted,
                "\(used ?? 0) of \(limit) bytes are in use and \(size) more are needed; delete a concept first")
        }
    }

    private func bytes(_ db: Database, _ userID: Int64) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT coalesce(sum(size), 0) FROM artifact WHERE account_id = ?", arguments: [userID])
            ?? 0
    }

    private func require(_ used: Int, below limit: Int, _ what: String) throws {
        guard used < limit else { throw RegistryError(.resourceExhausted, "\(used) of \(limit) \(what)") }
    }
}
