import RPC

extension MyVLMClient {
    /// Destroys a concept, deleted ones of that name too: nothing brings it back, a restored backup neither.
    public func eraseConcept(_ name: String) async throws(MyVLMError) -> [ErasureReceipt] {
        try await call(ConceptsMethods.eraseConcept, EraseConceptRequest(name: name)).receipts.map {
            ErasureReceipt($0)
        }
    }

    /// Receipts of the caller's erasures, newest first; of all for administrators and auditors.
    public func erasures(limit: Int = 100) async throws(MyVLMError) -> [ErasureReceipt] {
        try await call(ConceptsMethods.listErasures, ListErasuresRequest(limit: UInt32(clamping: limit))).receipts.map {
            ErasureReceipt($0)
        }
    }

    /// Destroys an account with everything it had. Administrators only; the last one stays.
    public func eraseUser(_ name: String) async throws(MyVLMError) -> ErasureReceipt {
        ErasureReceipt(try await call(AdminMethods.eraseUser, EraseUserRequest(name: name)))
    }

    /// Rows of the audit log with a number below `before` (0: the newest), newest first. Administrators and auditors.
    public func audit(limit: Int = 100, before: Int64 = 0) async throws(MyVLMError) -> [AuditRow] {
        try await call(
            AdminMethods.tailAudit, TailAuditRequest(limit: UInt32(clamping: limit), before: before)
        ).rows.map { AuditRow($0) }
    }

    /// Walks the whole audit chain. Administrators and auditors.
    public func verifyAudit() async throws(MyVLMError) -> AuditVerification {
        let reply = try await call(AdminMethods.verifyAudit, VerifyAuditRequest())
        return AuditVerification(
            intact: reply.intact, rows: reply.rows, brokenAt: reply.brokenAt == 0 ? nil : reply.brokenAt,
            how: reply.how.isEmpty ? nil : reply.how)
    }

    /// Compares every artifact with its digest, and looks whether it can be used. Administrators only.
    public func scrub() async throws(MyVLMError) -> ScrubReport {
        let reply = try await call(AdminMethods.scrub, ScrubRequest())
        return ScrubReport(
            artifacts: reply.artifacts, bytes: reply.bytes,
            damaged: reply.damaged.map {
                ScrubReport.Damage(
                    user: $0.user, concept: $0.concept, version: Int($0.version), reason: $0.reason)
            }, structure: reply.structure)
    }

    /// Makes and verifies a backup on the server while it serves. Without a name it gets the time. Administrators only.
    public func createBackup(_ name: String = "") async throws(MyVLMError) -> Backup {
        Backup(try await call(AdminMethods.createBackup, CreateBackupRequest(name: name)))
    }

    /// The server's backups by name. Administrators only.
    public func backups() async throws(MyVLMError) -> [Backup] {
        try await call(AdminMethods.listBackups, ListBackupsRequest()).backups.map { Backup($0) }
    }

    /// Checks a backup of the server: digest, structure, audit chain, every artifact. Administrators only.
    public func verifyBackup(_ name: String) async throws(MyVLMError) -> Backup {
        Backup(try await call(AdminMethods.verifyBackup, VerifyBackupRequest(name: name)))
    }
}

extension ErasureReceipt {
    init(_ message: RPCMessages.ErasureReceipt) {
        self.init(
            receipt: message.receipt, kind: message.kind, requestedAtMs: message.requestedAtMs,
            erasedAtMs: message.erasedAtMs == 0 ? nil : message.erasedAtMs, versions: Int(message.versions),
            bytes: message.bytes,
            backups: message.backups.map { HoldingBackup(name: $0.name, createdAtMs: $0.createdAtMs) })
    }
}

extension AuditRow {
    fileprivate init(_ message: RPCMessages.AuditRow) {
        self.init(
            sequence: message.sequence, atMs: message.atMs, actor: message.actor,
            actorName: message.actorName.isEmpty ? nil : message.actorName, action: message.action,
            target: message.target, targetName: message.targetName.isEmpty ? nil : message.targetName,
            detailsJSON: message.detailsJson, revision: message.revision, hash: message.hash)
    }
}

extension Backup {
    fileprivate init(_ message: RPCMessages.Backup) {
        self.init(
            name: message.name, createdAtMs: message.createdAtMs, schema: Int(message.schema),
            revision: message.revision, bytes: message.bytes, sha256: message.sha256, users: Int(message.users),
            concepts: Int(message.concepts), artifacts: Int(message.artifacts), masterKeys: message.masterKeys)
    }
}
