import RPC
public import RPCMessages

extension MyVLMClient {
    /// Destroys a concept, and deleted ones of that name too: nothing brings it back, not even a restored backup.
    public func eraseConcept(_ name: String) async throws(MyVLMError) -> [ErasureReceipt] {
        try await call(ConceptsMethods.eraseConcept, EraseConceptRequest(name: name)).receipts
    }

    /// Receipts of the caller's erasures, newest first; of all for administrators and auditors.
    public func erasures(limit: Int = 100) async throws(MyVLMError) -> [ErasureReceipt] {
        try await call(ConceptsMethods.listErasures, ListErasuresRequest(limit: UInt32(clamping: limit))).receipts
    }

    /// Destroys an account with everything it had. Administrators only; the last administrator cannot be erased.
    public func eraseUser(_ name: String) async throws(MyVLMError) -> ErasureReceipt {
        try await call(AdminMethods.eraseUser, EraseUserRequest(name: name))
    }

    /// Rows of the audit log with a number below `before` (0: the newest), newest first. Administrators and auditors.
    public func audit(limit: Int = 100, before: Int64 = 0) async throws(MyVLMError) -> [AuditRow] {
        try await call(
            AdminMethods.tailAudit, TailAuditRequest(limit: UInt32(clamping: limit), before: before)
        ).rows
    }

    /// Walks the whole audit chain. Administrators and auditors.
    public func verifyAudit() async throws(MyVLMError) -> AuditVerification {
        try await call(AdminMethods.verifyAudit, VerifyAuditRequest())
    }

    /// Compares every artifact with its digest, and checks whether it can be used. Administrators only.
    public func scrub() async throws(MyVLMError) -> ScrubReply {
        try await call(AdminMethods.scrub, ScrubRequest())
    }

    /// Makes and verifies a backup on the server while it serves. Without a name it is named after the time.
    /// Administrators only.
    public func createBackup(_ name: String = "") async throws(MyVLMError) -> Backup {
        try await call(AdminMethods.createBackup, CreateBackupRequest(name: name))
    }

    /// The server's backups by name. Administrators only.
    public func backups() async throws(MyVLMError) -> [Backup] {
        try await call(AdminMethods.listBackups, ListBackupsRequest()).backups
    }

    /// Checks a backup of the server: digest, structure, audit chain, every artifact. Administrators only.
    public func verifyBackup(_ name: String) async throws(MyVLMError) -> Backup {
        try await call(AdminMethods.verifyBackup, VerifyBackupRequest(name: name))
    }
}
