import RPC

extension MyVLMClient {
    /// Logs in; the client carries the new token from then on. Throws `unauthenticated` for a wrong name or password
    /// alike, and `resourceExhausted` after many wrong ones.
    /// - Parameters:
    ///   - label: what the token is for, shown in listings.
    ///   - lifetime: wanted life of the token; zero takes the server's default.
    public func login(
        user: String, password: String, label: String = "", lifetime: Duration = .zero
    ) async throws(MyVLMError) -> Login {
        let reply = try await call(
            AccountsMethods.login,
            LoginRequest(
                user: user, password: password, label: label, lifetimeSeconds: lifetime.components.seconds))
        setToken(reply.token)
        return Login(token: reply.token, expiresAtMs: reply.expiresAtMs, account: Account(reply.user))
    }

    /// Revokes the token; the client carries none from then on.
    public func logout() async throws(MyVLMError) {
        _ = try await call(AccountsMethods.logout, LogoutRequest())
        setToken(nil)
    }

    /// Who the token belongs to.
    public func whoAmI() async throws(MyVLMError) -> Account {
        Account(try await call(AccountsMethods.whoAmI, WhoAmIRequest()))
    }

    /// Changes the caller's password; all other tokens of the user end.
    public func changePassword(old: String, new: String) async throws(MyVLMError) {
        _ = try await call(
            AccountsMethods.changePassword, ChangePasswordRequest(oldPassword: old, newPassword: new))
    }

    /// Makes a user. Administrators only.
    public func createUser(
        name: String, password: String, role: Account.Role = .user
    ) async throws(MyVLMError) -> Account {
        Account(
            try await call(
                AccountsMethods.createUser,
                CreateUserRequest(name: name, password: password, role: role == .admin ? .admin : .user)))
    }

    /// All users by name. Administrators only.
    public func users() async throws(MyVLMError) -> [Account] {
        var users: [Account] = []
        while true {
            let page = try await call(
                AccountsMethods.listUsers, ListUsersRequest(limit: 1_000, after: users.last?.name ?? ""))
            users += page.users.map { Account($0) }
            if page.users.count < 1_000 { return users }
        }
    }

    /// The server about itself.
    public func status() async throws(MyVLMError) -> ServerStatus {
        let reply = try await call(ServerMethods.status, StatusRequest())
        return ServerStatus(
            version: reply.version, modelName: reply.modelName, modelDigest: reply.modelDigest,
            uptimeMs: reply.uptimeMs, activeRequests: Int(reply.activeRequests),
            queuedRequests: Int(reply.queuedRequests), enrollments: Int(reply.enrollments),
            residentSets: Int(reply.residentSets), residentBytes: reply.residentBytes,
            serverTimeMs: reply.serverTimeMs)
    }
}
