import RPC
public import RPCMessages

extension MyVLMClient {
    /// Logs in; the client sends the new token from then on. Throws `unauthenticated` for a wrong name or password
    /// alike, and `resourceExhausted` after many wrong ones.
    /// - Parameters:
    ///   - user: the account's name.
    ///   - password: its password; it is sent once and not kept.
    ///   - label: what the token is for, shown in listings.
    ///   - lifetime: requested life of the token; zero takes the server's default.
    ///   - scopes: what the token may do; none takes all that the user's role may.
    public func login(
        user: String, password: String, label: String = "", lifetime: Duration = .zero, scopes: [TokenScope] = []
    ) async throws(MyVLMError) -> Login {
        let reply = try await call(
            AccountsMethods.login,
            LoginRequest(
                user: user, password: password, label: label, lifetimeSeconds: lifetime.components.seconds,
                scopes: scopes.map(\.rawValue)))
        setToken(reply.token)
        return Login(
            token: reply.token, expiresAtMs: reply.expiresAtMs, account: reply.user ?? User(), scopes: reply.scopes)
    }

    /// Revokes the token; the client sends none from then on.
    public func logout() async throws(MyVLMError) {
        _ = try await call(AccountsMethods.logout, LogoutRequest())
        setToken(nil)
    }

    /// The user whom the token belongs to.
    public func whoAmI() async throws(MyVLMError) -> Account {
        try await call(AccountsMethods.whoAmI, WhoAmIRequest())
    }

    /// Changes the caller's password; all other tokens of the user end.
    public func changePassword(old: String, new: String) async throws(MyVLMError) {
        _ = try await call(
            AccountsMethods.changePassword, ChangePasswordRequest(oldPassword: old, newPassword: new))
    }

    /// Makes a user. Administrators only.
    public func createUser(
        name: String, password: String, role: Role = .user
    ) async throws(MyVLMError) -> Account {
        try await call(
            AccountsMethods.createUser,
            CreateUserRequest(name: name, password: password, role: role))
    }

    /// Shuts a user out, ending tokens and open calls at once, or lets it back in. Administrators only.
    public func setSuspended(_ suspended: Bool, user: String) async throws(MyVLMError) -> Account {
        try await call(AccountsMethods.setSuspended, SetSuspendedRequest(name: user, suspended: suspended))
    }

    /// Gives a user another role. Administrators only; the last administrator keeps the role.
    public func setRole(_ role: Role, user: String) async throws(MyVLMError) -> Account {
        try await call(AccountsMethods.setRole, SetRoleRequest(name: user, role: role))
    }

    /// Sets a forgotten password and ends all tokens of the user. Administrators only.
    public func resetPassword(user: String, to password: String) async throws(MyVLMError) {
        _ = try await call(AccountsMethods.resetPassword, ResetPasswordRequest(name: user, password: password))
    }

    /// All users by name. Administrators and auditors.
    public func users() async throws(MyVLMError) -> [Account] {
        var users: [Account] = []
        while true {
            let page = try await call(
                AccountsMethods.listUsers, ListUsersRequest(limit: 1_000, after: users.last?.name ?? ""))
            users += page.users
            if page.users.count < 1_000 { return users }
        }
    }

    /// The server's version, model and load.
    public func status() async throws(MyVLMError) -> ServerStatus {
        try await call(ServerMethods.status, StatusRequest())
    }
}
