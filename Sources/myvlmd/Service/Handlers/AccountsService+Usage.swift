import RPC
import Registry

extension AccountsService {
    /// Quotas and what is used of them.
    func registerUsage(in services: inout Services, options: MethodOptions) {
        let (registry, runner, meter) = (registry, runner, meter)
        services.register(AccountsMethods.getUsage, options: options) { request, context in
            try await runner.run(context) {
                let caller = try context.caller
                guard request.user.isEmpty || request.user == caller.name else {
                    return Usage(try await registry.usage(ofUser: request.user, by: .principal(caller)))
                }
                let counts = meter.counts(caller.userID, perMinute: caller.requestsPerMinute)
                return Usage(
                    try await registry.usage(of: caller),
                    live: [.requestsPerMinute: counts.calls, .streams: counts.streams])
            }
        }
        services.register(AccountsMethods.setQuota, options: options) { request, context in
            try await runner.run(context) {
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
        }
    }

    /// Certificates that stand for users.
    func registerIdentities(in services: inout Services, options: MethodOptions) {
        let (registry, runner) = (registry, runner)
        services.register(AccountsMethods.addIdentity, options: options) { request, context in
            try await runner.run(context) {
                let actor = Actor.principal(try context.caller)
                try await registry.addIdentity(request.certificateName, to: request.user, by: actor)
                return ListIdentitiesReply(
                    certificateNames: try await registry.identities(of: request.user, by: actor))
            }
        }
        services.register(AccountsMethods.removeIdentity, options: options) { request, context in
            try await runner.run(context) {
                let actor = Actor.principal(try context.caller)
                try await registry.removeIdentity(request.certificateName, from: request.user, by: actor)
                return ListIdentitiesReply(
                    certificateNames: try await registry.identities(of: request.user, by: actor))
            }
        }
        services.register(AccountsMethods.listIdentities, options: options) { request, context in
            try await runner.run(context) {
                ListIdentitiesReply(
                    certificateNames: try await registry.identities(
                        of: request.user, by: .principal(context.caller)))
            }
        }
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
