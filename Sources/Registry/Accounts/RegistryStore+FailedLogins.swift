internal import Foundations
internal import GRDB

extension RegistryStore {
    /// Records a failed login for the audit log. Its row is written outside the call, so that the answer takes the same
    /// time whether or not the name exists.
    func noteFailedLogin(_ userID: Int64?) {
        failedLogins.withLock { $0.note(userID) }
        Task {
            // What cannot be written waits; `maintain` tries again and reports why.
            try? await flushFailedLogins()
        }
    }

    /// Writes the rows whose time has come. They are taken on the writer's queue: when this returns, those that an
    /// earlier call took are written too.
    func flushFailedLogins() async throws {
        let taken = Locked<[FailedLogins.Row]>([])
        do {
            try await write { db in
                let rows = self.failedLogins.withLock { $0.takeDue(now: self.steadyNow) }
                taken.withLock { $0 = rows }
                try self.recordFailedLogins(db, rows)
            }
        } catch {
            failedLogins.withLock { failed in failed.putBack(taken.withLock { $0 }) }
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
