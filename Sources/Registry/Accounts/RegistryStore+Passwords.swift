internal import Foundations
internal import GRDB

extension RegistryStore {
    /// Checks name and password and issues a token. Unknown name, wrong password and suspended account give the same
    /// `unauthenticated` after the same work; too many failures give `resourceExhausted` with `retryAfterMs`. Without
    /// `scopes` the token may do all that the role may; `permissionDenied` for scopes the role does not have. Failures
    /// leave rows in the audit log; see `FailedLogins`.
    /// - Parameters:
    ///   - name: the account's name.
    ///   - password: as it was typed.
    ///   - label: what the token is for, shown in listings.
    ///   - lifetimeMs: wanted life of the token in milliseconds; 0 takes the default.
    ///   - scopes: what the token may do.
    ///   - address: where the connection comes from; failures are counted by it.
    ///   - certificate: the subject of the certificate that the connection was made with.
    public func login(
        name: String, password: String, label: String = "", lifetimeMs: Int64 = 0, scopes: Scopes? = nil,
        address: String, certificate: String? = nil
    ) async throws -> IssuedToken {
        let label = try CheckedText.label(label)
        let account = try await checkPassword(
            name: name, password: password, origin: LoginOrigin(address: address, certificate: certificate))
        return try await issue(
            for: account, label: label, lifetimeMs: lifetimeMs, scopes: scopes ?? account.role.scopes,
            action: "token.login")
    }

    /// Changes the caller's own password and ends the user's other tokens. The old one is throttled like a login.
    public func changePassword(
        of principal: Principal, old: String, new: String, address: String, certificate: String? = nil
    ) async throws {
        let bytes = try CheckedText.password(new)
        let account = try await checkPassword(
            name: principal.name, password: old, origin: LoginOrigin(address: address, certificate: certificate))
        guard account.userID == principal.userID else { throw Self.refused }
        let hash = try await hashed(bytes)
        try await store(hash, account: account, keeping: principal.tokenID, actor: .user(principal.userID))
    }

    /// Sets a forgotten password and ends all tokens of the account. Administrators and the console only.
    public func resetPassword(name: String, to password: String, by actor: Actor) async throws {
        try Permission.manageAccounts.require(of: actor)
        let bytes = try CheckedText.password(password)
        let account = try await read { db in try Self.account(db, name: name) }
        let hash = try await hashed(bytes)
        try await store(hash, account: account, keeping: nil, actor: actor.auditActor, by: actor)
    }

    static let refused = RegistryError(.unauthenticated, "name or password is wrong, or the account is suspended")

    private func checkPassword(name: String, password: String, origin: LoginOrigin) async throws -> Account {
        guard name.utf8.count <= 64, password.utf8.count <= 4096 else { throw Self.refused }
        let admitted = steadyNow
        if let wait = throttle.withLock({ $0.admit(account: name, origin: origin, now: admitted) }) {
            throw Self.tooMany(wait)
        }
        let found: (account: Account?, matches: Bool)
        do {
            found = try await look(name: name, password: password)
        } catch {
            throttle.withLock { $0.abandoned(account: name, origin: origin) }
            throw error
        }
        let now = steadyNow
        guard found.matches, let account = found.account, !account.suspended else {
            noteFailedLogin(found.account?.userID)
            if let wait = throttle.withLock({ $0.failed(origin: origin, now: now) }) { throw Self.tooMany(wait) }
            throw Self.refused
        }
        throttle.withLock { $0.succeeded(account: name, origin: origin, now: now) }
        return account
    }

    private static func tooMany(_ wait: Int64) -> RegistryError {
        RegistryError(
            .resourceExhausted, "too many failed logins; wait \((wait + 999) / 1000) s and try again",
            retryAfterMs: wait)
    }

    /// Who has the name, and whether the password is right: the same work for a name that nobody has.
    private func look(name: String, password: String) async throws -> (account: Account?, matches: Bool) {
        let stored = try await read { db -> (Account, PasswordHash)? in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM account WHERE name = ?", arguments: [name]) else {
                return nil
            }
            return (try Account(row: row), PasswordHash(row: row))
        }
        // A password outside the rules cannot be right, but is hashed all the same: equal time for every guess.
        let bytes = (try? CheckedText.password(password)) ?? []
        let hash = stored?.1 ?? decoy
        let matches = try await passwords.run { try hash.matches(bytes) }
        return (stored?.0, matches && stored != nil)
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
