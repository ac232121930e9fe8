internal import GRDB

extension RegistryStore {
    /// Aliases of one concept.
    public static let aliasesPerConcept = 64

    /// Lets an alias name a version; makes the alias where there is none. With `ifVersion` only when it names that
    /// version now (0: only when there is no such alias). Setting it where it stands changes nothing.
    ///
    /// `failedPrecondition` for a protected alias, `notFound` for an unknown concept or version.
    @discardableResult
    public func setAlias(
        _ alias: String, of name: String, to version: VersionSelector, ifVersion: Int? = nil, reason: String = "",
        by principal: Principal
    ) async throws -> AliasChange {
        let alias = try CheckedText.alias(alias)
        let reason = try CheckedText.reason(reason)
        return try await write { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            let before = try Self.alias(db, concept, alias)
            try Self.require(ifVersion, is: before?.version ?? 0, name: "the alias \(alias) of \(concept.name)")
            let target = try version.resolve(db, concept)
            _ = try Self.version(db, concept, target)
            if let before, before.version == target {
                return AliasChange(
                    alias: before, changed: false, revision: try Self.userRevision(db, principal.userID))
            }
            try Self.requireUnprotected(before, of: concept)
            let count = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM alias WHERE concept_id = ?", arguments: [concept.conceptID])
            guard before != nil || (count ?? 0) < Self.aliasesPerConcept else {
                throw RegistryError(
                    .resourceExhausted,
                    "\(count ?? 0) of \(Self.aliasesPerConcept) aliases of \(concept.name) are in use; remove one first"
                )
            }
            let now = self.now
            try db.execute(
                sql: """
                    INSERT INTO alias (concept_id, name, number, updated_ms) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET number = excluded.number, updated_ms = excluded.updated_ms
                    """, arguments: [concept.conceptID, alias, target, now])
            let revision = try self.moveAlias(
                db, concept, alias, from: before?.version, to: target, reason, principal)
            return AliasChange(
                alias: AliasRecord(name: alias, version: target, isProtected: false, updatedAtMs: now), changed: true,
                revision: revision)
        }
    }

    /// Removes an alias; its history stays. `notFound` where there is none, `failedPrecondition` for a protected one.
    @discardableResult
    public func removeAlias(
        _ alias: String, of name: String, reason: String = "", by principal: Principal
    ) async throws -> AliasChange {
        let alias = try CheckedText.alias(alias)
        let reason = try CheckedText.reason(reason)
        return try await write { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            let before = try Self.existingAlias(db, concept, alias)
            try Self.requireUnprotected(before, of: concept)
            try db.execute(
                sql: "DELETE FROM alias WHERE concept_id = ? AND name = ?", arguments: [concept.conceptID, alias])
            let revision = try self.moveAlias(db, concept, alias, from: before.version, to: nil, reason, principal)
            return AliasChange(alias: nil, changed: true, revision: revision)
        }
    }

    /// Protects an alias, or lifts the protection. While it is protected it can be neither moved nor removed, and its
    /// concept cannot be deleted.
    @discardableResult
    public func protectAlias(
        _ alias: String, of name: String, _ protected: Bool, by principal: Principal
    ) async throws -> AliasChange {
        let alias = try CheckedText.alias(alias)
        return try await write { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            let before = try Self.existingAlias(db, concept, alias)
            guard before.isProtected != protected else {
                return AliasChange(
                    alias: before, changed: false, revision: try Self.userRevision(db, principal.userID))
            }
            let now = self.now
            try db.execute(
                sql: "UPDATE alias SET protected = ?, updated_ms = ? WHERE concept_id = ? AND name = ?",
                arguments: [protected, now, concept.conceptID, alias])
            let revision = try self.bumpUser(
                db, principal.userID,
                ChangeDraft(protected ? .protect : .unprotect, concept.conceptID, pointer: alias, to: before.version))
            try self.record(
                db, by: .user(principal.userID), protected ? "alias.protect" : "alias.unprotect",
                on: .concept(principal.userID, concept.conceptID), details: ["alias": .personal(alias)])
            let after = AliasRecord(name: alias, version: before.version, isProtected: protected, updatedAtMs: now)
            return AliasChange(alias: after, changed: true, revision: UInt64(revision))
        }
    }

    static func aliases(_ db: Database, _ conceptID: Int64) throws -> [AliasRecord] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM alias WHERE concept_id = ? ORDER BY name", arguments: [conceptID]
        ).map(AliasRecord.init(row:))
    }

    /// Throws while a protected alias holds the concept.
    static func requireNoProtection(_ db: Database, _ concept: ConceptRecord) throws {
        guard let held = try aliases(db, concept.conceptID).first(where: \.isProtected) else { return }
        throw RegistryError(
            .failedPrecondition,
            "the protected alias \(held.name) holds \(concept.name); lift it first: "
                + "`concept alias unprotect \(concept.name) \(held.name)`")
    }

    private static func alias(_ db: Database, _ concept: ConceptRecord, _ name: String) throws -> AliasRecord? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM alias WHERE concept_id = ? AND name = ?", arguments: [concept.conceptID, name]
        ).map(AliasRecord.init(row:))
    }

    private static func existingAlias(_ db: Database, _ concept: ConceptRecord, _ name: String) throws -> AliasRecord {
        guard let alias = try alias(db, concept, name) else {
            throw RegistryError(.notFound, "\(concept.name) has no alias \(name); `concept show` lists them")
        }
        return alias
    }

    private static func requireUnprotected(_ alias: AliasRecord?, of concept: ConceptRecord) throws {
        guard let alias, alias.isProtected else { return }
        throw RegistryError(
            .failedPrecondition,
            "the alias \(alias.name) of \(concept.name) is protected at version \(alias.version); "
                + "lift it first: `concept alias unprotect \(concept.name) \(alias.name)`")
    }

    /// History, event and audit of an alias that moved.
    private func moveAlias(
        _ db: Database, _ concept: ConceptRecord, _ alias: String, from: Int?, to: Int?, _ reason: String,
        _ principal: Principal
    ) throws -> UInt64 {
        let revision = try bumpUser(
            db, principal.userID,
            ChangeDraft(to == nil ? .unalias : .alias, concept.conceptID, pointer: alias, from: from, to: to))
        try db.execute(
            sql: """
                INSERT INTO move (concept_id, pointer, from_number, to_number, at_ms, by_name, action, reason, revision)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                concept.conceptID, alias, from, to, now, principal.name, to == nil ? "unalias" : "alias", reason,
                revision,
            ])
        var details: [String: AuditValue] = ["alias": .personal(alias), "reason": .personal(reason)]
        if let from { details["from"] = .number(from) }
        if let to { details["to"] = .number(to) }
        try record(
            db, by: .user(principal.userID), to == nil ? "alias.remove" : "alias.set",
            on: .concept(principal.userID, concept.conceptID), details: details)
        return UInt64(revision)
    }
}

extension AliasRecord {
    init(row: Row) {
        self.init(
            name: row["name"], version: row["number"], isProtected: row["protected"], updatedAtMs: row["updated_ms"])
    }
}
