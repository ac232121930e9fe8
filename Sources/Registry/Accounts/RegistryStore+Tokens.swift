internal import Foundation
import Foundations
internal import GRDB

extension RegistryStore {
    /// Whom the token belongs to. Served from memory after the first call; revoking, suspending and a changed password
    /// act on the very next call. `unauthenticated` for anything else, never saying why.
    public func authenticate(_ token: String) async throws -> Principal {
        guard token.utf8.count == 47, token.hasPrefix("mvt_") else { throw Self.unknownToken }
        let hash = SHA256Digest.hex(token.utf8)
        let now = self.now
        let (known, generation) = tokenCache.withLock { ($0.find(hash), $0.generation) }
        if let known, isInTime(known.tokenID, expiresAtMs: known.expiresAtMs, now: now) {
            tokenCache.withLock { $0.use(known, now: now) }
            return known
        }
        let quotas = configuration.quotas
        let found = try lookup { db -> Principal? in
            // Columns by number: their names take longer to find than the row.
            let row = try db.row(
                """
                SELECT token.id, expires_ms, scopes, account.id, account.name, role,
                    (SELECT value FROM quota WHERE quota.account_id = account.id AND name = 'requests-per-minute'),
                    (SELECT value FROM quota WHERE quota.account_id = account.id AND name = 'streams')
                FROM token JOIN account ON account.id = account_id
                WHERE hash = ? AND suspended = 0
                """, [hash])
            guard let row, self.isInTime(row[0], expiresAtMs: row[1], now: now) else { return nil }
            let role = try Account.Role(stored: row[5])
            var principal = Principal(
                userID: row[3], name: row[4], role: role, tokenID: row[0], expiresAtMs: row[1],
                scopes: Scopes(rawValue: row[2]).intersection(role.scopes))
            principal.requestsPerMinute = row[6] ?? quotas.requestsPerMinute
            principal.streams = row[7] ?? quotas.streamsPerUser
            return principal
        }
        guard let found else { throw Self.unknownToken }
        tokenCache.withLock { $0.store(hash, found, generation: generation, now: now) }
        return found
    }

    /// A further token for the caller, for another machine or a script. It may do what the caller's may, or less:
    /// `permissionDenied` for a scope the caller's token lacks.
    public func createToken(
        for principal: Principal, label: String, lifetimeMs: Int64 = 0, scopes: Scopes? = nil
    ) async throws -> IssuedToken {
        let label = try CheckedText.label(label)
        let scopes = scopes ?? principal.scopes
        try principal.require(scopes)
        let account = try await self.account(of: principal)
        return try await issue(
            for: account, label: label, lifetimeMs: lifetimeMs, scopes: scopes, action: "token.create",
            by: principal)
    }

    /// The caller's tokens, newest first.
    public func tokens(of principal: Principal) async throws -> [TokenRecord] {
        let pending = tokenCache.withLock { $0.pendingUse }
        let now = self.now
        return try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM token WHERE account_id = ? AND expires_ms > ? ORDER BY id DESC",
                arguments: [principal.userID, now])
            return rows.map { row in
                let stored: Int64? = row["last_used_ms"]
                let used = pending[row["id"]].map { max($0, stored ?? 0) } ?? stored
                return TokenRecord(
                    tokenID: row["id"], label: row["label"], createdAtMs: row["created_ms"],
                    expiresAtMs: row["expires_ms"], lastUsedAtMs: used.map { $0 - $0 % Self.useGrainMs },
                    scopes: Scopes(rawValue: row["scopes"]).intersection(principal.role.scopes),
                    isCaller: row["id"] == principal.tokenID)
            }
        }
    }

    /// Ends one of the caller's tokens at once, and the calls that are open with it; `notFound` for anybody else's,
    /// `permissionDenied` for one that may do more than the caller's own.
    public func revokeToken(id: Int64, by principal: Principal) async throws {
        try await write(essential: true) { db in
            try self.requireLive(db, .principal(principal))
            _ = try Self.ownToken(db, id, principal)
            try db.execute(sql: "DELETE FROM token WHERE id = ?", arguments: [id])
            try self.record(
                db, by: .user(principal.userID), "token.revoke", on: .user(principal.userID),
                details: ["token": .number(Int(id))])
        }
        credentialsChanged()
    }

    /// Ends the token the call was made with.
    public func logout(_ principal: Principal) async throws {
        try await revokeToken(id: principal.tokenID, by: principal)
    }

    static let useGrainMs: Int64 = 600_000
    static let unknownToken = RegistryError(.unauthenticated, "the token is unknown, expired or revoked; log in again")

    func issue(
        for account: Account, label: String, lifetimeMs: Int64, scopes: Scopes, action: String,
        by principal: Principal? = nil
    ) async throws -> IssuedToken {
        guard lifetimeMs >= 0 else { throw RegistryError(.invalidArgument, "a token's life cannot be negative") }
        let policy = configuration.tokens
        let life = lifetimeMs == 0 ? policy.defaultLifetimeMs : min(lifetimeMs, policy.maximumLifetimeMs)
        let token = try newTokenText()
        return try await write { db in
            let now = self.now
            if let principal { try self.requireLive(db, .principal(principal)) }
            let fresh = try Self.account(db, id: account.userID)
            guard !fresh.suspended else { throw Self.refused }
            try db.execute(sql: "DELETE FROM token WHERE expires_ms <= ?", arguments: [self.sureNow])
            let held =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM token WHERE account_id = ? AND expires_ms > ?",
                    arguments: [fresh.userID, now]) ?? 0
            guard held < policy.tokensPerUser else {
                throw RegistryError(
                    .resourceExhausted, "\(held) of \(policy.tokensPerUser) tokens are in use; revoke one first")
            }
            let issued = try Self.insertToken(
                db, token, for: fresh, label: label, now: now, lifeMs: life, scopes: scopes)
            try self.record(
                db, by: .user(fresh.userID), action, on: .user(fresh.userID),
                details: [
                    "token": .number(Int(issued.tokenID)), "scopes": .text(issued.scopes.names.joined(separator: ",")),
                ])
            return issued
        }
    }

    static func insertToken(
        _ db: Database, _ token: String, for account: Account, label: String, now: Int64, lifeMs: Int64, scopes: Scopes
    ) throws -> IssuedToken {
        guard !scopes.isEmpty, account.role.scopes.isSuperset(of: scopes) else {
            throw RegistryError(
                .permissionDenied,
                "a user of role \(account.role.rawValue) can have the scopes "
                    + "\(account.role.scopes.names.joined(separator: ", ")); name at least one of them")
        }
        try db.execute(
            sql:
                "INSERT INTO token (account_id, hash, label, created_ms, expires_ms, scopes) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [account.userID, SHA256Digest.hex(token.utf8), label, now, now + lifeMs, scopes.rawValue])
        return IssuedToken(
            token: token, tokenID: db.lastInsertedRowID, expiresAtMs: now + lifeMs, account: account, scopes: scopes)
    }

    func newTokenText() throws -> String {
        let base64 = Data(try configuration.random(32)).base64EncodedString()
        let secret = base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        return "mvt_" + secret.replacingOccurrences(of: "=", with: "")
    }

    /// Writes the uses kept in memory, each only when the stored one is older than ten minutes.
    func flushLastUse(_ db: Database) throws {
        for (id, at) in tokenCache.withLock({ $0.takePendingUse() }) {
            try db.execute(
                // A use in the future was recorded by a clock that was wrong.
                sql: "UPDATE token SET last_used_ms = ? WHERE id = ? AND abs(? - coalesce(last_used_ms, 0)) >= ?",
                arguments: [at, id, at, Self.useGrainMs])
        }
    }
}
