import RPC
public import RPCMessages

extension MyVLMClient {
    /// Offers another user a concept. Once it is accepted, the other's answers use it as `OWNER/CONCEPT`; the other can
    /// neither read nor change it. The answer does not depend on whether there is such a user.
    public func share(_ concept: String, with user: String) async throws(MyVLMError) -> Share {
        try await call(ConceptsMethods.shareConcept, ShareConceptRequest(concept: concept, user: user))
    }

    /// Takes a share back: the other user's next answer does without it.
    public func unshare(_ concept: String, with user: String) async throws(MyVLMError) {
        _ = try await call(ConceptsMethods.unshareConcept, ShareConceptRequest(concept: concept, user: user))
    }

    /// What the caller shares, and what others offer the caller or let the caller use.
    public func shares() async throws(MyVLMError) -> [Share] {
        try await call(ConceptsMethods.listShares, ListSharesRequest()).shares
    }

    /// The users whose offers do not reach the caller.
    public func blockedSharers() async throws(MyVLMError) -> [String] {
        try await call(ConceptsMethods.listShares, ListSharesRequest()).blocked
    }

    /// Lets the caller's answers use a concept that is offered. Throws `notFound` where there is no such offer.
    public func acceptShare(_ concept: String, of owner: String) async throws(MyVLMError) -> Share {
        try await call(ConceptsMethods.acceptShare, ShareChoice(owner: owner, concept: concept))
    }

    /// The caller's next answer does without the concept; accepting it brings it back. Throws `notFound`.
    public func declineShare(_ concept: String, of owner: String) async throws(MyVLMError) -> Share {
        try await call(ConceptsMethods.declineShare, ShareChoice(owner: owner, concept: concept))
    }

    /// Declines all that a user shares with the caller; later offers do not arrive, and the owner is not told. Returns all
    /// who are blocked.
    @discardableResult
    public func blockSharer(_ owner: String) async throws(MyVLMError) -> [String] {
        try await call(ConceptsMethods.blockSharer, BlockSharerRequest(owner: owner)).blocked
    }

    /// Lets a user's later offers arrive again. Returns all who are still blocked. Throws `notFound` for one who is not.
    @discardableResult
    public func unblockSharer(_ owner: String) async throws(MyVLMError) -> [String] {
        try await call(ConceptsMethods.unblockSharer, BlockSharerRequest(owner: owner)).blocked
    }
}
