import RPC
import Registry
import Rules

/// The calls of `myvlm.v1.Accounts`.
struct AccountsService: Sendable {
    let registry: RegistryStore
    let runner: CallRunner
    let meter: RateMeter

    func register(in services: inout Services) {
        let registry = registry
        let runner = runner
        // Nobody is known yet: a few hundred bytes are all a login needs.
        let small = MethodOptions(maximumRequestBytes: 4 << 10, unpackedBytes: 64 << 10)
        services.register(AccountsMethods.login, options: small) { request, context in
            try await runner.run(context) {
                _ = try NameRules.label(request.label)
                let issued = try await registry.login(
                    name: request.user, password: request.password, label: request.label,
                    lifetimeMs: try Self.lifetime(request.lifetimeSeconds),
                    scopes: request.scopes.isEmpty ? nil : try Scopes(names: request.scopes),
                    address: context.peer.address, certificate: context.peer.certificateSubject)
                return LoginReply(
                    token: issued.token, expiresAtMs: issued.expiresAtMs, user: User(account: issued.account),
                    scopes: issued.scopes.names)
            }
        }
        services.register(AccountsMethods.logout, options: small) { _, context in
            try await runner.run(context) {
                try await registry.logout(context.caller)
                return LogoutReply()
            }
        }
        services.register(AccountsMethods.whoAmI, options: small) { _, context in
            try await runner.run(context) {
                let caller = try context.caller
                var user = User(account: try await registry.account(of: caller))
                user.token = try await registry.tokens(of: caller).first(where: \.isCaller).map { Token(record: $0) }
                return user
            }
        }
        services.register(AccountsMethods.changePassword, options: small) { request, context in
            try await runner.run(context) {
                try await registry.changePassword(
                    of: context.caller, old: request.oldPassword, new: request.newPassword,
                    address: context.peer.address, certificate: context.peer.certificateSubject)
                return ChangePasswordReply()
            }
        }
        services.register(AccountsMethods.createUser, options: small) { request, context in
            try await runner.run(context) {
                let account = try await registry.createUser(
                    name: request.name, password: request.password,
                    role: request.role == .unspecified ? .user : try Account.Role(message: request.role),
                    by: .principal(context.caller))
                return User(account: account)
            }
        }
        services.register(AccountsMethods.listUsers, options: small) { request, context in
            try await runner.run(context) {
                let accounts = try await registry.users(
                    limit: Int(request.limit), after: request.after, by: .principal(context.caller))
                return ListUsersReply(users: accounts.map { User(account: $0) })
            }
        }
        registerManagement(in: &services, options: small)
        registerTokens(in: &services, options: small)
        registerUsage(in: &services, options: small)
        registerIdentities(in: &services, options: small)
    }

    /// The calls of administrators.
    private func registerManagement(in services: inout Services, options: MethodOptions) {
        let (registry, runner) = (registry, runner)
        services.register(AccountsMethods.setSuspended, options: options) { request, context in
            try await runner.run(context) {
                User(
                    account: try await registry.setSuspended(
                        request.suspended, name: request.name, by: .principal(context.caller)))
            }
        }
        services.register(AccountsMethods.setRole, options: options) { request, context in
            try await runner.run(context) {
                User(
                    account: try await registry.setRole(
                        try Account.Role(message: request.role), name: request.name, by: .principal(context.caller)))
            }
        }
        services.register(AccountsMethods.resetPassword, options: options) { request, context in
            try await runner.run(context) {
                try await registry.resetPassword(
                    name: request.name, to: request.password, by: .principal(context.caller))
                return ResetPasswordReply()
            }
        }
    }

    private func registerTokens(in services: inout Services, options: MethodOptions) {
        let (registry, runner) = (registry, runner)
        services.register(AccountsMethods.createToken, options: options) { request, context in
            try await runner.run(context) {
                _ = try NameRules.label(request.label)
                let issued = try await registry.createToken(
                    for: context.caller, label: request.label,
                    lifetimeMs: try Self.lifetime(request.lifetimeSeconds),
                    scopes: request.scopes.isEmpty ? nil : try Scopes(names: request.scopes))
                return try await Self.reply(issued, registry, context)
            }
        }
        services.register(AccountsMethods.listTokens, options: options) { _, context in
            try await runner.run(context) {
                ListTokensReply(tokens: try await registry.tokens(of: context.caller).map { Token(record: $0) })
            }
        }
        services.register(AccountsMethods.rotateToken, options: options) { request, context in
            try await runner.run(context) {
                let caller = try context.caller
                try request.check()
                let issued = try await registry.rotateToken(
                    id: request.id == 0 ? caller.tokenID : request.id,
                    overlapMs: request.overlapSeconds * 1_000, by: caller)
                return try await Self.reply(issued, registry, context)
            }
        }
        services.register(AccountsMethods.revokeToken, options: options) { request, context in
            try await runner.run(context) {
                try await registry.revokeToken(id: request.id, by: context.caller)
                return RevokeTokenReply()
            }
        }
    }

    private static func lifetime(_ seconds: Int64) throws -> Int64 {
        try TokenRules.checkLifetime(seconds: seconds)
        return seconds * 1_000
    }

    private static func reply(
        _ issued: IssuedToken, _ registry: RegistryStore, _ context: CallContext
    ) async throws -> TokenReply {
        let record = try await registry.tokens(of: context.caller).first { $0.tokenID == issued.tokenID }
        return TokenReply(token: issued.token, info: record.map { Token(record: $0) })
    }
}

extension User {
    fileprivate init(account: Account) {
        let role: Role =
            switch account.role {
            case .user: .user
            case .admin: .admin
            case .auditor: .auditor
            }
        self.init(name: account.name, role: role, createdAtMs: account.createdAtMs, suspended: account.suspended)
    }
}

extension Account.Role {
    fileprivate init(message: Role) throws {
        switch message {
        case .user: self = .user
        case .admin: self = .admin
        case .auditor: self = .auditor
        case .unspecified, .unrecognized:
            throw RPCError(code: .invalidArgument, message: "name the role: user, admin or auditor")
        }
    }
}

extension Token {
    fileprivate init(record: TokenRecord) {
        self.init(
            id: record.tokenID, label: record.label, createdAtMs: record.createdAtMs, expiresAtMs: record.expiresAtMs,
            lastUsedAtMs: record.lastUsedAtMs ?? 0, scopes: record.scopes.names, current: record.isCaller)
    }
}
