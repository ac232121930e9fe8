internal import GRDB

extension RegistryStore {
    /// Checks name and password and issues a token. Unknown name, wrong password and suspended account give the same
    /// `unauthenticated` after the same work; too many failures give `resourceExhausted` with `retryAfterMs`. Without
    /// `scopes` the token may do all that the role may; `permissionDenied` for scopes the role does not have.
    public func login(
        name: String, password: String, label: String = "", lifetimeMs: Int64 = 0, scopes: Scopes? = nil,
        address: String
    ) async throws -> IssuedToken {
        let label = try NameRules.label(label)
        let account = try await checkPassword(name: name, password: password, address: address)
        return try await issue(
            for: account, label: label, lifetimeMs: lifetimeMs, scopes: scopes ?? account.role.scopes,
            action: "token.login")
    }

    /// Changes the caller's own password and ends the user's other tokens. The old one is throttled like a login.
    public func changePassword(
        of principal: Principal, old: String, new: String, address: String
    ) async throws {
        let bytes = try NameRules.password(new)
        let account = try await checkPassword(name: principal.name, password: old, address: address)
        guard account.userID == principal.userID else { throw Self.refused }
        let hash = try await hashed(bytes)
        try await store(hash, account: account, keeping: principal.tokenID, actor: .user(principal.userID))
    }

    /// Sets a forgotten password and ends all tokens of the account. Administrators and the console only.
    public func resetPassword(name: String, to password: String, by actor: Actor) async throws {
        try Permission.manageAccounts.require(of: actor)
        let bytes = try NameRules.password(password)
        let account = try await read { db in try Self.account(db, name: name) }
        let hash = try await hashed(bytes)
        try await store(hash, account: account, keeping: nil, actor: actor.auditActor, by: actor)
    }

    static let refused = RegistryError(.unauthenticated, "name or password is wrong, or the account is suspended")

    private func checkPassword(name: String, password: String, address: String) async throws -> Account {
        guard name.utf8.count <= 64, password.utf8.count <= 4096, address.utf8.count <= 256 else { throw Self.refused }
        let now = self.now
        if let wait = throttle.withLock({ $0.admit(account: name, address: address, now: now) }) {
            throw RegistryError(
                .resourceExhausted, "too many failed logins; wait \((wait + 999) / 1000) s and try again",
                retryAfterMs: wait)
        }
        let stored = try await read { db -> (Account, PasswordHash)? in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM account WHERE name = ?", arguments: [name]) else {
                return nil
            }
            return (try Account(row: row), PasswordHash(row: row))
        }
        // A password outside the rules cannot be right, but is hashed all the same: equal time for every guess.
        let bytes = (try? NameRules.password(password)) ?? []
        let hash = stored?.1 ?? decoy
        let matches = try await passwords.run { try hash.matches(bytes) }
        guard matches, let account = stored?.0, !account.suspended else { throw Self.refused }
        throttle.withLock { $0.succeeded(account: name, address: address) }
        return account
    }

    private func store(
        _ hash: PasswordHash, account: Account, keeping tokenID: Int64?, actor: AuditActor, by: Actor = .console
    ) async throws {
        try await write { db in
            try self.requireLive(db, by)
            try db.execute(
                sql: "UPDATE account SET salt = ?, key = ?, scrypt_n = ?, scrypt_r = ?, scrypt_p = ? WHERE id = ?",
                arguments: hash.arguments + [account.userID])
            try db.execute(
                sql: "DELETE FROM token WHERE account_id = ? AND id <> ?", arguments: [account.userID, tokenID ?? -1])
            try self.record(db, by: actor, "user.password", on: .user(account.userID))
        }
        credentialsChanged()
    }
}
