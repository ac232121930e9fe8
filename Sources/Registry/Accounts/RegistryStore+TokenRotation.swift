internal import Foundations
internal import GRDB
internal import Rules

extension RegistryStore {
    /// Replaces one of the caller's tokens by a new one of the same label, life and scopes. The old one stays valid for
    /// `overlapMs`, so that whoever holds it can take over the new one without a gap.
    ///
    /// `notFound` for anybody else's, `permissionDenied` for one that may do more than the caller's own.
    public func rotateToken(id: Int64, overlapMs: Int64, by principal: Principal) async throws -> IssuedToken {
        try CheckedText.overlap(ms: overlapMs)
        let text = try newTokenText()
        let maximum = configuration.tokens.maximumLifetimeMs
        let issued = try await write { db -> IssuedToken in
            try self.requireLive(db, .principal(principal))
            let now = self.now
            let old = try Self.ownToken(db, id, principal)
            let life = min(maximum, (old["expires_ms"] as Int64) - (old["created_ms"] as Int64))
            let account = try Self.account(db, id: principal.userID)
            let scopes = Scopes(rawValue: old["scopes"]).intersection(account.role.scopes)
            let issued = try Self.insertToken(
                db, text, for: account, label: old["label"], now: now, lifeMs: life, scopes: scopes)
            try db.execute(
                sql: "UPDATE token SET expires_ms = min(expires_ms, ?) WHERE id = ?",
                arguments: [now + overlapMs, id])
            try self.record(
                db, by: .user(account.userID), "token.rotate", on: .user(account.userID),
                details: [
                    "from": .number(Int(id)), "to": .number(Int(issued.tokenID)), "overlap_ms": .number(Int(overlapMs)),
                ])
            return issued
        }
        let end = steadyNow + overlapMs
        overlapEnds.withLock { $0[id] = min($0[id] ?? end, end) }
        credentialsChanged()
        return issued
    }

    /// Whether a token has not expired. One that was rotated in this process ends after its overlap, whatever is done
    /// to the wall clock meanwhile.
    func isInTime(_ tokenID: Int64, expiresAtMs: Int64, now: Int64) -> Bool {
        guard let end = overlapEnds.withLock({ $0[tokenID] }) else { return expiresAtMs > now }
        return steadyNow < end
    }

    /// Removes tokens whose overlap is over. Returns how many.
    func pruneRotatedTokens(_ db: Database) throws -> Int {
        let steady = steadyNow
        let over = overlapEnds.withLock { $0.filter { $0.value <= steady }.keys.sorted() }
        for id in over { try db.execute(sql: "DELETE FROM token WHERE id = ?", arguments: [id]) }
        guard !over.isEmpty else { return 0 }
        db.afterNextTransaction { _ in
            // The cache first: without the recorded end, a wall clock that is set back would make a token valid again.
            self.tokenCache.withLock { $0.invalidate() }
            self.overlapEnds.withLock { ends in for id in over { ends[id] = nil } }
        }
        return over.count
    }

    /// Which of the credentials are valid now: not revoked, not expired, of an account that is not suspended.
    public func live(among credentials: Set<Credential>) async throws -> Set<Credential> {
        try await read { db in try credentials.filter { try self.isLive(db, $0) } }
    }

    func isLive(_ db: Database, _ credential: Credential) throws -> Bool {
        let found: Int64?
        switch credential {
        case .token(let id):
            let expires: Int64? = try db.value(
                """
                SELECT expires_ms FROM token JOIN account ON account.id = account_id
                WHERE token.id = ? AND suspended = 0
                """, [id])
            found = expires.flatMap { isInTime(id, expiresAtMs: $0, now: now) ? $0 : nil }
        case .certificate(let name, let userID):
            found = try db.value(
                """
                SELECT 1 FROM identity JOIN account ON account.id = account_id
                WHERE identity.name = ? AND account_id = ? AND suspended = 0
                """, [name, userID])
        }
        return found != nil
    }

    /// Calls `body` after every change that may have ended a credential: revoking, rotating, suspending, a new password or
    /// role. It must not block.
    public func onCredentialChange(_ body: @escaping @Sendable () -> Void) {
        credentialWatchers.withLock { $0.append(body) }
    }

    func credentialsChanged() {
        tokenCache.withLock { $0.invalidate() }
        for tell in credentialWatchers.withLock({ $0 }) { tell() }
    }

    /// A live token of the caller that may do no more than the caller's own.
    static func ownToken(_ db: Database, _ id: Int64, _ principal: Principal) throws -> Row {
        let row = try Row.fetchOne(
            db, sql: "SELECT * FROM token WHERE id = ? AND account_id = ?", arguments: [id, principal.userID])
        guard let row else { throw RegistryError(.notFound, "no token \(id); list your tokens") }
        try principal.require(Scopes(rawValue: row["scopes"]).intersection(principal.role.scopes))
        return row
    }
}
