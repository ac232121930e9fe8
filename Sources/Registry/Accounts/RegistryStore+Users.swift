internal import Foundations
internal import GRDB

extension RegistryStore {
    /// Creates an account. Administrators and the console only; `alreadyExists` when the name is taken.
    public func createUser(
        name: String, password: String, role: Account.Role, by actor: Actor
    ) async throws -> Account {
        try Permission.manageAccounts.require(of: actor)
        let name = try CheckedText.userName(name)
        let hash = try await hashed(try CheckedText.password(password))
        return try await write { db in
            try self.requireLive(db, actor)
            guard try Int.fetchOne(db, sql: "SELECT 1 FROM account WHERE name = ?", arguments: [name]) == nil else {
                throw RegistryError(.alreadyExists, "there is a user \(name) already; choose another name")
            }
            let now = self.now
            let uid = try self.configuration.random(16)
            try db.execute(
                sql: """
                    INSERT INTO account (name, role, created_ms, salt, key, scrypt_n, scrypt_r, scrypt_p, uid)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [name, role.rawValue, now] + hash.arguments
                    + [Blob.data(uid)])
            let userID = db.lastInsertedRowID
            try self.insertDataKey(db, for: userID, uid: uid)
            try self.record(
                db, by: actor.auditActor, "user.create", on: .user(userID), details: ["role": .text(role.rawValue)]
            )
            return Account(userID: userID, name: name, role: role, suspended: false, createdAtMs: now)
        }
    }

    /// Accounts by name after `after` ("": from the first). Administrators, auditors and the console only.
    public func users(limit: Int = 100, after: String = "", by actor: Actor) async throws -> [Account] {
        try Permission.readAccounts.require(of: actor)
        return try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM account WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [after, Page.size(limit)])
            return try rows.map(Account.init(row:))
        }
    }

    /// The caller's own account.
    public func account(of principal: Principal) async throws -> Account {
        try await read { db in try Self.account(db, id: principal.userID) }
    }

    /// Suspends an account or lets it back in; suspending ends its tokens at once. Administrators and the console
    /// only. The last administrator who can log in cannot be suspended.
    @discardableResult
    public func setSuspended(_ suspended: Bool, name: String, by actor: Actor) async throws -> Account {
        try Permission.manageAccounts.require(of: actor)
        let changed = try await write(essential: true) { db -> Account in
            try self.requireLive(db, actor)
            let account = try Self.account(db, name: name)
            guard account.suspended != suspended else { return account }
            if suspended { try Self.requireAnotherAdministrator(db, than: account) }
            try db.execute(
                sql: "UPDATE account SET suspended = ? WHERE id = ?", arguments: [suspended, account.userID])
            let sharers = try Self.sharers(db, account.userID)
            let setCache = self.setCache
            db.afterNextTransaction { _ in
                setCache.withLock { cache in for id in sharers { cache.invalidate(id) } }
            }
            if suspended {
                try db.execute(sql: "DELETE FROM token WHERE account_id = ?", arguments: [account.userID])
            }
            try self.record(
                db, by: actor.auditActor, suspended ? "user.suspend" : "user.resume", on: .user(account.userID))
            return try Self.account(db, id: account.userID)
        }
        credentialsChanged()
        return changed
    }

    /// Gives an account another role; from the next call on its tokens lose the scopes that the new role does not have.
    /// Administrators and the console only. The last administrator keeps the role.
    public func setRole(_ role: Account.Role, name: String, by actor: Actor) async throws -> Account {
        try Permission.manageAccounts.require(of: actor)
        let changed = try await write { db -> Account in
            try self.requireLive(db, actor)
            let account = try Self.account(db, name: name)
            guard account.role != role else { return account }
            try Self.requireAnotherAdministrator(db, than: account)
            try db.execute(
                sql: "UPDATE account SET role = ? WHERE id = ?", arguments: [role.rawValue, account.userID])
            try self.record(
                db, by: actor.auditActor, "user.role", on: .user(account.userID),
                details: ["from": .text(account.role.rawValue), "to": .text(role.rawValue)])
            return try Self.account(db, id: account.userID)
        }
        credentialsChanged()
        return changed
    }

    /// Throws unless somebody else could still manage accounts.
    static func requireAnotherAdministrator(_ db: Database, than account: Account) throws {
        guard account.role == .admin, !account.suspended else { return }
        let others = "SELECT count(*) FROM account WHERE role = 'admin' AND suspended = 0 AND id <> ?"
        guard try Int.fetchOne(db, sql: others, arguments: [account.userID]) ?? 0 > 0 else {
            throw RegistryError(
                .failedPrecondition, "\(account.name) is the last administrator; create another one first")
        }
    }

    func hashed(_ password: [UInt8]) async throws -> PasswordHash {
        let configuration = self.configuration
        return try await passwords.run {
            try PasswordHash.make(password, cost: configuration.passwordCost, random: configuration.random)
        }
    }

    /// A principal may have been suspended, or its token revoked, since it was authenticated: every mutation checks
    /// again, inside its transaction.
    func requireLive(_ db: Database, _ actor: Actor) throws {
        guard case .principal(let principal) = actor else { return }
        let row = try db.row("SELECT role, suspended FROM account WHERE id = ?", [principal.userID])
        guard let row, row["suspended"] == false, row["role"] == principal.role.rawValue else {
            throw RegistryError(.unauthenticated, "the account is no longer available; log in again")
        }
        guard let credential = principal.credential else { return }
        guard try isLive(db, credential) else {
            throw RegistryError(.unauthenticated, "the token or certificate is no longer valid; log in again")
        }
    }

    /// For changes of the principal's own concepts.
    func requireMayChange(_ db: Database, _ principal: Principal) throws {
        try principal.require(.enroll)
        try requireLive(db, .principal(principal))
    }

    static func account(_ db: Database, id: Int64) throws -> Account {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM account WHERE id = ?", arguments: [id]) else {
            throw RegistryError(.notFound, "no such user")
        }
        return try Account(row: row)
    }

    static func account(_ db: Database, name: String) throws -> Account {
        let name = try CheckedText.userName(name)
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM account WHERE name = ?", arguments: [name]) else {
            throw RegistryError(.notFound, "no user named \(name); list the users")
        }
        return try Account(row: row)
    }
}

extension Account.Role {
    init(stored: String) throws {
        guard let role = Self(rawValue: stored) else {
            throw RegistryError(.dataLoss, "an account has an unknown role; restore a backup")
        }
        self = role
    }
}

extension Account {
    init(row: Row) throws {
        self.init(
            userID: row["id"], name: row["name"], role: try Role(stored: row["role"]), suspended: row["suspended"],
            createdAtMs: row["created_ms"])
    }
}

extension PasswordHash {
    /// salt, key, scrypt_n, scrypt_r, scrypt_p.
    var arguments: StatementArguments {
        [Blob.data(salt), Blob.data(key), Int64(cost.n), Int64(cost.r), Int64(cost.p)]
    }

    init(row: Row) {
        self.init(
            salt: Blob.bytes(row["salt"]), key: Blob.bytes(row["key"]),
            cost: PasswordCost(
                n: UInt64(row["scrypt_n"] as Int64), r: UInt64(row["scrypt_r"] as Int64),
                p: UInt64(row["scrypt_p"] as Int64)))
    }
}
