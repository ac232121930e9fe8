internal import GRDB

extension RegistryStore {
    /// Lets a certificate's name (its subject as RFC 2253 writes it, or one of its alternative names) stand for a user,
    /// on servers that ask clients for certificates. Administrators and the console only.
    public func addIdentity(_ certificateName: String, to user: String, by actor: Actor) async throws {
        try Permission.manageAccounts.require(of: actor)
        let name = try CheckedText.note(certificateName, what: "a certificate's name")
        guard !name.isEmpty else { throw RegistryError(.invalidArgument, "the certificate's name is empty") }
        try await write { db in
            try self.requireLive(db, actor)
            let account = try Self.account(db, name: user)
            guard try Int.fetchOne(db, sql: "SELECT 1 FROM identity WHERE name = ?", arguments: [name]) == nil else {
                throw RegistryError(.alreadyExists, "that name stands for a user already; remove it there first")
            }
            try db.execute(
                sql: "INSERT INTO identity (name, account_id, created_ms) VALUES (?, ?, ?)",
                arguments: [name, account.userID, self.now])
            try self.record(
                db, by: actor.auditActor, "identity.add", on: .user(account.userID), details: ["name": .personal(name)])
        }
        credentialsChanged()
    }

    /// Removes a certificate's name from a user. Calls with that certificate fail from then on.
    public func removeIdentity(_ certificateName: String, from user: String, by actor: Actor) async throws {
        try Permission.manageAccounts.require(of: actor)
        try await write(essential: true) { db in
            try self.requireLive(db, actor)
            let account = try Self.account(db, name: user)
            try db.execute(
                sql: "DELETE FROM identity WHERE name = ? AND account_id = ?",
                arguments: [certificateName, account.userID])
            guard db.changesCount == 1 else {
                throw RegistryError(.notFound, "that name does not stand for \(user); list the user's identities")
            }
            try self.record(
                db, by: actor.auditActor, "identity.remove", on: .user(account.userID),
                details: ["name": .personal(certificateName)])
        }
        credentialsChanged()
    }

    /// The certificates' names that stand for a user. Administrators, auditors and the console only.
    public func identities(of user: String, by actor: Actor) async throws -> [String] {
        try Permission.readAccounts.require(of: actor)
        return try await read { db in
            try String.fetchAll(
                db, sql: "SELECT name FROM identity WHERE account_id = ? ORDER BY name",
                arguments: [try Self.account(db, name: user).userID])
        }
    }

    /// Who a verified certificate stands for; `unauthenticated` when none of its names does, or names of two users do.
    /// The principal has no token, and every scope of its role.
    public func authenticate(certificateNames names: [String]) async throws -> Principal {
        let found = try await read { db -> Principal? in
            var found: [(name: String, id: Int64)] = []
            for name in names.prefix(64) {
                let id = try Int64.fetchOne(
                    db, sql: "SELECT account_id FROM identity WHERE name = ?", arguments: [name])
                if let id { found.append((name, id)) }
            }
            guard let first = found.first, found.allSatisfy({ $0.id == first.id }) else { return nil }
            let account = try Self.account(db, id: first.id)
            guard !account.suspended else { return nil }
            var principal = Principal(
                userID: account.userID, name: account.name, role: account.role, tokenID: 0, expiresAtMs: .max,
                scopes: account.role.scopes)
            principal.certificateName = first.name
            principal.requestsPerMinute = try self.limit(db, .requestsPerMinute, account.userID)
            principal.streams = try self.limit(db, .streams, account.userID)
            return principal
        }
        guard let found else {
            throw RegistryError(.unauthenticated, "the certificate stands for no user of this server; log in instead")
        }
        return found
    }
}
