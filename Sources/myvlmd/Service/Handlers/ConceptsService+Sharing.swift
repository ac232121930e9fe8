import RPC
import Registry

extension ConceptsService {
    func registerSharing(in services: inout Services, options: MethodOptions) {
        let (registry, runner) = (registry, runner)
        services.register(ConceptsMethods.shareConcept, options: options) { request, context in
            try await runner.run(context) {
                try Names.check(request.concept, what: "the concept's name")
                let change = try await registry.share(request.concept, with: request.user, by: context.caller)
                guard let share = change.share else {
                    throw RPCError(code: .internalError, message: "the share is not there; try again")
                }
                return Share(record: share)
            }
        }
        services.register(ConceptsMethods.unshareConcept, options: options) { request, context in
            try await runner.run(context) {
                try Names.check(request.concept, what: "the concept's name")
                try await registry.unshare(request.concept, with: request.user, by: context.caller)
                return UnshareConceptReply()
            }
        }
        services.register(ConceptsMethods.listShares, options: options) { _, context in
            try await runner.run(context) {
                let userID = try context.caller.userID
                return ListSharesReply(
                    shares: try await registry.shares(of: userID).map { Share(record: $0) },
                    blocked: try await registry.blockedSharers(of: userID))
            }
        }
        registerConsent(in: &services, options: options)
    }

    private func registerConsent(in services: inout Services, options: MethodOptions) {
        let (registry, runner) = (registry, runner)
        services.register(ConceptsMethods.acceptShare, options: options) { request, context in
            try await runner.run(context) {
                try Names.check(request.concept, what: "the concept's name")
                return Share(
                    record: try await registry.acceptShare(request.concept, of: request.owner, by: context.caller))
            }
        }
        services.register(ConceptsMethods.declineShare, options: options) { request, context in
            try await runner.run(context) {
                try Names.check(request.concept, what: "the concept's name")
                return Share(
                    record: try await registry.declineShare(request.concept, of: request.owner, by: context.caller))
            }
        }
        services.register(ConceptsMethods.blockSharer, options: options) { request, context in
            try await runner.run(context) {
                BlockSharerReply(blocked: try await registry.blockSharer(request.owner, by: context.caller))
            }
        }
        services.register(ConceptsMethods.unblockSharer, options: options) { request, context in
            try await runner.run(context) {
                BlockSharerReply(blocked: try await registry.unblockSharer(request.owner, by: context.caller))
            }
        }
    }
}

extension Share {
    fileprivate init(record: ShareRecord) {
        self.init(
            owner: record.owner, concept: record.concept, user: record.user, createdAtMs: record.createdAtMs,
            state: record.state.rawValue)
    }
}
