import RPC
import Registry

extension ConceptsService {
    func shareConcept(_ request: ShareConceptRequest, _ context: CallContext) async throws -> Share {
        try request.check()
        let change = try await registry.share(request.concept, with: request.user, by: context.caller)
        guard let share = change.share else {
            throw RPCError(code: .internalError, message: "the share is not there; try again")
        }
        return Share(record: share)
    }

    func unshareConcept(_ request: ShareConceptRequest, _ context: CallContext) async throws -> UnshareConceptReply {
        try request.check()
        try await registry.unshare(request.concept, with: request.user, by: context.caller)
        return UnshareConceptReply()
    }

    func listShares(_: ListSharesRequest, _ context: CallContext) async throws -> ListSharesReply {
        let userID = try context.caller.userID
        return ListSharesReply(
            shares: try await registry.shares(of: userID).map { Share(record: $0) },
            blocked: try await registry.blockedSharers(of: userID))
    }

    func acceptShare(_ request: ShareChoice, _ context: CallContext) async throws -> Share {
        try request.check()
        return Share(
            record: try await registry.acceptShare(request.concept, of: request.owner, by: context.caller))
    }

    func declineShare(_ request: ShareChoice, _ context: CallContext) async throws -> Share {
        try request.check()
        return Share(
            record: try await registry.declineShare(request.concept, of: request.owner, by: context.caller))
    }

    func blockSharer(_ request: BlockSharerRequest, _ context: CallContext) async throws -> BlockSharerReply {
        try request.check()
        return BlockSharerReply(blocked: try await registry.blockSharer(request.owner, by: context.caller))
    }

    func unblockSharer(_ request: BlockSharerRequest, _ context: CallContext) async throws -> BlockSharerReply {
        try request.check()
        return BlockSharerReply(blocked: try await registry.unblockSharer(request.owner, by: context.caller))
    }
}

extension Share {
    fileprivate init(record: ShareRecord) {
        self.init(
            owner: record.owner, concept: record.concept, user: record.user, createdAtMs: record.createdAtMs,
            state: record.state.rawValue)
    }
}
