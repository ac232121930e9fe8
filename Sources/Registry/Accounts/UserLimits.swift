internal import Foundations
internal import GRDB

/// A limit of one user. The names are those of the command line.
public enum QuotaName: String, Sendable, CaseIterable {
    /// Concepts that are not deleted.
    case concepts
    /// Bytes of artifacts.
    case bytes
    /// Calls in a minute.
    case requestsPerMinute = "requests-per-minute"
    /// Streams open at once: answers, enrollments, watches.
    case streams
    /// Minutes of training in a day.
    case enrollmentMinutesPerDay = "enrollment-minutes-per-day"
}

/// A limit of a user and what is used of it.
public struct QuotaUse: Sendable, Equatable {
    /// Which limit.
    public let name: QuotaName
    /// How much may be used.
    public let limit: Int
    /// How much is used; nil where only the running server knows.
    public let used: Int?
    /// Whether the limit was set for this user alone.
    public let isOwn: Bool
}

extension Quotas {
    func value(_ name: QuotaName) -> Int {
        switch name {
        case .concepts: conceptsPerUser
        case .bytes: bytesPerUser
        case .requestsPerMinute: requestsPerMinute
        case .streams: streamsPerUser
        case .enrollmentMinutesPerDay: enrollmentMinutesPerDay
        }
    }
}

extension RegistryStore {
    static let dayMs: Int64 = 86_400_000

    /// Sets limits of one user; nil takes the server's default again. Administrators and the console only.
    public func setQuotas(_ limits: [QuotaName: Int?], of name: String, by actor: Actor) async throws -> [QuotaUse] {
        try Permission.manageAccounts.require(of: actor)
        for (quota, value) in limits {
            guard value.map({ $0 >= 0 }) ?? true else {
                throw RegistryError(.invalidArgument, "the limit of \(quota.rawValue) cannot be negative")
            }
        }
        let use = try await write { db -> [QuotaUse] in
            try self.requireLive(db, actor)
            let account = try Self.account(db, name: name)
            var details: [String: AuditValue] = [:]
            for (quota, value) in limits {
                if let value {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO quota (account_id, name, value) VALUES (?, ?, ?)",
                        arguments: [account.userID, quota.rawValue, value])
                } else {
                    try db.execute(
                        sql: "DELETE FROM quota WHERE account_id = ? AND name = ?",
                        arguments: [account.userID, quota.rawValue])
                }
                details[quota.rawValue] = .number(value ?? -1)
            }
            try self.record(db, by: actor.auditActor, "user.quota", on: .user(account.userID), details: details)
            return try self.use(db, account.userID)
        }
        // Principals carry limits.
        tokenCache.withLock { $0.invalidate() }
        return use
    }

    /// The caller's limits and what is used of them.
    public func usage(of principal: Principal) async throws -> [QuotaUse] {
        try await read { db in try self.use(db, principal.userID) }
    }

    /// A user's limits and what is used of them. Administrators, auditors and the console only.
    public func usage(ofUser name: String, by actor: Actor) async throws -> [QuotaUse] {
        try Permission.readAccounts.require(of: actor)
        return try await read { db in try self.use(db, try Self.account(db, name: name).userID) }
    }

    func limit(_ db: Database, _ quota: QuotaName, _ userID: Int64) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT value FROM quota WHERE account_id = ? AND name = ?", arguments: [userID, quota.rawValue])
            ?? configuration.quotas.value(quota)
    }

    /// Throws `resourceExhausted`, with the time to wait, when the user has trained for long enough today.
    func requireEnrollmentMinutes(_ db: Database, _ userID: Int64) throws {
        let limit = try limit(db, .enrollmentMinutesPerDay, userID)
        let used = try spentMinutes(db, userID)
        guard used >= limit else { return }
        let oldest = try Int64.fetchOne(
            db, sql: "SELECT min(started_ms) FROM job WHERE account_id = ? AND started_ms > ?",
            arguments: [userID, now - Self.dayMs])
        throw RegistryError(
            .resourceExhausted, "\(used) of \(limit) enrollment minutes of a day are used; try again later",
            retryAfterMs: min(Self.dayMs, max(60_000, (oldest ?? now) + Self.dayMs - now)))
    }

    private func spentMinutes(_ db: Database, _ userID: Int64) throws -> Int {
        let spent =
            try Int64.fetchOne(
                db, sql: "SELECT coalesce(sum(spent_ms), 0) FROM job WHERE account_id = ? AND started_ms > ?",
                arguments: [userID, now - Self.dayMs]) ?? 0
        // Jobs that run now count with the time until now.
        let running = try String.fetchAll(
            db, sql: "SELECT id FROM job WHERE account_id = ? AND state = 'running'", arguments: [userID])
        return Int((spent + running.reduce(0) { $0 + runningMs($1) }) / 60_000)
    }

    private func use(_ db: Database, _ userID: Int64) throws -> [QuotaUse] {
        let own = try Set(String.fetchAll(db, sql: "SELECT name FROM quota WHERE account_id = ?", arguments: [userID]))
        return try QuotaName.allCases.map { quota in
            let used: Int? =
                switch quota {
                case .concepts:
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM concept WHERE account_id = ? AND deleted_ms IS NULL",
                        arguments: [userID])
                case .bytes:
                    try Int.fetchOne(
                        db, sql: "SELECT coalesce(sum(size), 0) FROM artifact WHERE account_id = ?",
                        arguments: [userID])
                case .enrollmentMinutesPerDay: try spentMinutes(db, userID)
                case .requestsPerMinute, .streams: nil
                }
            return QuotaUse(
                name: quota, limit: try limit(db, quota, userID), used: used, isOwn: own.contains(quota.rawValue))
        }
    }
}
