internal import GRDB

extension RegistryStore {
    /// Notes a failed login for the audit log. Its row is written beside the call: the answer comes as soon for a name
    /// that nobody has as for one that somebody has.
    func noteFailedLogin(_ userID: Int64?) {
        failedLogins.withLock { $0.note(userID) }
        Task {
            // What cannot be written waits; `maintain` tries again and tells why.
            try? await flushFailedLogins()
        }
    }

    /// Writes the rows whose time has come.
    func flushFailedLogins() async throws {
        let rows = failedLogins.withLock { $0.takeDue(now: steadyNow) }
        guard !rows.isEmpty else { return }
        do {
            try await write { db in try self.recordFailedLogins(db, rows) }
        } catch {
            failedLogins.withLock { $0.putBack(rows) }
            throw error
        }
    }

    func recordFailedLogins(_ db: Database, _ rows: [FailedLogins.Row]) throws {
        for row in rows {
            let details = ["count": AuditValue.number(row.count)]
            guard let userID = row.userID else {
                try record(db, by: .stranger, "login.unknown", on: .server, details: details)
                continue
            }
            // An account that was erased meanwhile leaves no row.
            guard try Int.fetchOne(db, sql: "SELECT 1 FROM account WHERE id = ?", arguments: [userID]) != nil else {
                continue
            }
            try record(db, by: .stranger, "login.failed", on: .user(userID), details: details)
        }
    }
}
