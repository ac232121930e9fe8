import RPC
import Registry

/// The calls of `myvlm.v1.Accounts`.
struct AccountsService: Sendable {
    let registry: RegistryStore
    let runner: CallRunner

    func register(in services: inout Services) {
        let registry = registry
        let runner = runner
        // Nobody is known yet: a few hundred bytes are all a login needs.
        let small = MethodOptions(maximumRequestBytes: 4 << 10, unpackedBytes: 64 << 10)
        services.register(AccountsMethods.login, options: small) { request, context in
            try await runner.run(context) {
                try Names.checkText(request.label, what: "the label", limit: 200)
                guard request.lifetimeSeconds >= 0, request.lifetimeSeconds < Int64.max / 1_000 else {
                    throw RPCError(code: .invalidArgument, message: "the token's lifetime cannot be negative")
                }
                let issued = try await registry.login(
                    name: request.user, password: request.password, label: request.label,
                    lifetimeMs: request.lifetimeSeconds * 1_000, address: context.peer.address)
                return LoginReply(
                    token: issued.token, expiresAtMs: issued.expiresAtMs, user: User(account: issued.account))
            }
        }
        services.register(AccountsMethods.logout, options: small) { _, context in
            try await runner.run(context) {
                try await registry.logout(context.caller)
                return LogoutReply()
            }
        }
        services.register(AccountsMethods.whoAmI, options: small) { _, context in
            try await runner.run(context) { User(account: try await registry.account(of: context.caller)) }
        }
        services.register(AccountsMethods.changePassword, options: small) { request, context in
            try await runner.run(context) {
                try await registry.changePassword(
                    of: context.caller, old: request.oldPassword, new: request.newPassword,
                    address: context.peer.address)
                return ChangePasswordReply()
            }
        }
        services.register(AccountsMethods.createUser, options: small) { request, context in
            try await runner.run(context) {
                let caller = try context.administrator
                let account = try await registry.createUser(
                    name: request.name, password: request.password, role: request.role == .admin ? .admin : .user,
                    by: .principal(caller))
                return User(account: account)
            }
        }
        services.register(AccountsMethods.listUsers, options: small) { request, context in
            try await runner.run(context) {
                let caller = try context.administrator
                let accounts = try await registry.users(
                    limit: Int(request.limit), after: request.after, by: .principal(caller))
                return ListUsersReply(users: accounts.map { User(account: $0) })
            }
        }
    }
}

extension CallContext {
    /// The caller, who must be an administrator.
    fileprivate var administrator: Principal {
        get throws {
            let caller = try caller
            guard caller.role == .admin else {
                throw RPCError(
                    code: .permissionDenied, message: "only administrators may do this; ask one of this server's")
            }
            return caller
        }
    }
}

extension User {
    fileprivate init(account: Account) {
        self.init(name: account.name, role: account.role == .admin ? .admin : .user, createdAtMs: account.createdAtMs)
    }
}
