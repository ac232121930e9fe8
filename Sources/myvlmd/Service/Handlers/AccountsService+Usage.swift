import RPC
import Registry

extension AccountsService {
    func getUsage(_ request: GetUsageRequest, _ context: CallContext) async throws -> Usage {
        let caller = try context.caller
        guard request.user.isEmpty || request.user == caller.name else {
            return Usage(try await registry.usage(ofUser: request.user, by: .principal(caller)))
        }
        let counts = meter.counts(caller.userID, perMinute: caller.requestsPerMinute)
        return Usage(
            try await registry.usage(of: caller),
            live: [.requestsPerMinute: counts.calls, .streams: counts.streams])
    }

    func setQuota(_ request: SetQuotaRequest, _ context: CallContext) async throws -> Usage {
        var limits: [QuotaName: Int?] = [:]
        for limit in request.limits {
            guard let name = QuotaName(rawValue: limit.name) else {
                let names = QuotaName.allCases.map(\.rawValue).joined(separator: ", ")
                throw RPCError(
                    code: .invalidArgument,
                    message: "there is no quota \(limit.name.prefix(64)); quotas are \(names)")
            }
            limits[name] = .some(limit.reset ? nil : Int(clamping: limit.limit))
        }
        return Usage(
            try await registry.setQuotas(limits, of: request.user, by: .principal(context.caller)))
    }

    func addIdentity(_ request: IdentityRequest, _ context: CallContext) async throws -> ListIdentitiesReply {
        let actor = Actor.principal(try context.caller)
        try await registry.addIdentity(request.certificateName, to: request.user, by: actor)
        return ListIdentitiesReply(
            certificateNames: try await registry.identities(of: request.user, by: actor))
    }

    func removeIdentity(_ request: IdentityRequest, _ context: CallContext) async throws -> ListIdentitiesReply {
        let actor = Actor.principal(try context.caller)
        try await registry.removeIdentity(request.certificateName, from: request.user, by: actor)
        return ListIdentitiesReply(
            certificateNames: try await registry.identities(of: request.user, by: actor))
    }

    func listIdentities(_ request: ListIdentitiesRequest, _ context: CallContext) async throws -> ListIdentitiesReply {
        ListIdentitiesReply(
            certificateNames: try await registry.identities(
                of: request.user, by: .principal(context.caller)))
    }
}

extension Usage {
    fileprivate init(_ uses: [Registry.QuotaUse], live: [QuotaName: Int] = [:]) {
        self.init(
            quotas: uses.map {
                RPCMessages.QuotaUse(
                    name: $0.name.rawValue, limit: Int64($0.limit), used: Int64($0.used ?? live[$0.name] ?? 0),
                    own: $0.isOwn)
            })
    }
}
