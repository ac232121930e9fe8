import RPC
import Registry

/// The calls of `myvlm.v1.Accounts`.
struct AccountsService: AccountsServing {
    let registry: RegistryStore
    let meter: RateMeter

    func login(_ request: LoginRequest, _ context: CallContext) async throws -> LoginReply {
        try request.check()
        let issued = try await registry.login(
            name: request.user, password: request.password, label: request.label,
            lifetimeMs: request.lifetimeSeconds * 1_000,
            scopes: request.scopes.isEmpty ? nil : try Scopes(names: request.scopes),
            address: context.peer.address, certificate: context.peer.certificateSubject)
        return LoginReply(
            token: issued.token, expiresAtMs: issued.expiresAtMs, user: User(account: issued.account),
            scopes: issued.scopes.names)
    }

    func logout(_: LogoutRequest, _ context: CallContext) async throws -> LogoutReply {
        try await registry.logout(context.caller)
        return LogoutReply()
    }

    func whoAmI(_: WhoAmIRequest, _ context: CallContext) async throws -> User {
        let caller = try context.caller
        var user = User(account: try await registry.account(of: caller))
        user.token = try await registry.tokens(of: caller).first(where: \.isCaller).map { Token(record: $0) }
        return user
    }

    func changePassword(_ request: ChangePasswordRequest, _ context: CallContext) async throws -> ChangePasswordReply {
        try request.check()
        try await registry.changePassword(
            of: context.caller, old: request.oldPassword, new: request.newPassword,
            address: context.peer.address, certificate: context.peer.certificateSubject)
        return ChangePasswordReply()
    }

    /// The registry checks name and password, once it has seen that the caller may do this: nobody else is told the rules.
    func createUser(_ request: CreateUserRequest, _ context: CallContext) async throws -> User {
        let account = try await registry.createUser(
            name: request.name, password: request.password,
            role: request.role == .unspecified ? .user : try Account.Role(message: request.role),
            by: .principal(context.caller))
        return User(account: account)
    }

    func listUsers(_ request: ListUsersRequest, _ context: CallContext) async throws -> ListUsersReply {
        let accounts = try await registry.users(
            limit: Int(request.limit), after: request.after, by: .principal(context.caller))
        return ListUsersReply(users: accounts.map { User(account: $0) })
    }

    func setSuspended(_ request: SetSuspendedRequest, _ context: CallContext) async throws -> User {
        User(
            account: try await registry.setSuspended(
                request.suspended, name: request.name, by: .principal(context.caller)))
    }

    func setRole(_ request: SetRoleRequest, _ context: CallContext) async throws -> User {
        User(
            account: try await registry.setRole(
                try Account.Role(message: request.role), name: request.name, by: .principal(context.caller)))
    }

    func resetPassword(_ request: ResetPasswordRequest, _ context: CallContext) async throws -> ResetPasswordReply {
        try await registry.resetPassword(
            name: request.name, to: request.password, by: .principal(context.caller))
        return ResetPasswordReply()
    }

    func createToken(_ request: CreateTokenRequest, _ context: CallContext) async throws -> TokenReply {
        try request.check()
        let issued = try await registry.createToken(
            for: context.caller, label: request.label,
            lifetimeMs: request.lifetimeSeconds * 1_000,
            scopes: request.scopes.isEmpty ? nil : try Scopes(names: request.scopes))
        return try await Self.reply(issued, registry, context)
    }

    func listTokens(_: ListTokensRequest, _ context: CallContext) async throws -> ListTokensReply {
        ListTokensReply(tokens: try await registry.tokens(of: context.caller).map { Token(record: $0) })
    }

    func rotateToken(_ request: RotateTokenRequest, _ context: CallContext) async throws -> TokenReply {
        let caller = try context.caller
        try request.check()
        let issued = try await registry.rotateToken(
            id: request.id == 0 ? caller.tokenID : request.id, overlapMs: request.overlapSeconds * 1_000, by: caller)
        return try await Self.reply(issued, registry, context)
    }

    func revokeToken(_ request: RevokeTokenRequest, _ context: CallContext) async throws -> RevokeTokenReply {
        try await registry.revokeToken(id: request.id, by: context.caller)
        return RevokeTokenReply()
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
