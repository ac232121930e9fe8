import RPC
public import RPCMessages

extension MyVLMClient {
    /// Lets answers use a version from now on: a number, `v3` or an alias. With `ifVersion` only when that one is in
    /// use now. Throws `failedPrecondition` when it is in use already.
    public func promote(
        _ name: String, to version: String, ifVersion: Int? = nil, reason: String = ""
    ) async throws(MyVLMError) -> PointerMove {
        try await call(
            ConceptsMethods.promote,
            PromoteRequest(
                name: name, version: version, reason: reason, ifVersion: try Limits.version(ifVersion)))
    }

    /// Lets an alias name a version: a number, `v3`, `current` or another alias.
    public func setAlias(
        _ alias: String, of concept: String, to version: String, when condition: PointerCondition = .always,
        reason: String = ""
    ) async throws(MyVLMError) -> AliasChange {
        var request = SetAliasRequest(concept: concept, alias: alias, version: version, reason: reason)
        switch condition {
        case .always: break
        case .ifVersion(let number):
            request.ifVersion = try Limits.version(number)
        case .onlyNew: request.onlyNew = true
        }
        return try await call(ConceptsMethods.setAlias, request)
    }

    /// Removes an alias; its history stays.
    public func removeAlias(
        _ alias: String, of concept: String, reason: String = ""
    ) async throws(MyVLMError) -> AliasChange {
        try await call(
            ConceptsMethods.removeAlias, RemoveAliasRequest(concept: concept, alias: alias, reason: reason))
    }

    /// Protects an alias from being moved and removed, and its concept from being deleted; or lifts the protection.
    public func protectAlias(
        _ alias: String, of concept: String, _ protected: Bool = true
    ) async throws(MyVLMError) -> AliasChange {
        try await call(
            ConceptsMethods.protectAlias,
            ProtectAliasRequest(concept: concept, alias: alias, isProtected: protected))
    }

    /// Keeps the newest versions and those a pointer names; older ones go now and after each enrollment. Nil keeps all.
    public func setRetention(_ concept: String, keepLast: Int?) async throws(MyVLMError) -> RetentionChange {
        try await call(
            ConceptsMethods.setRetention,
            SetRetentionRequest(concept: concept, keepLast: try Limits.version(keepLast)))
    }

    /// Gives a concept another name. Answers go on using its identifier.
    public func renameConcept(_ name: String, to newName: String) async throws(MyVLMError) -> Concept {
        let reply = try await call(
            ConceptsMethods.renameConcept, RenameConceptRequest(name: name, newName: newName))
        guard let concept = reply.concept else {
            throw MyVLMError(.internalError, "the server's answer lacks the concept")
        }
        return concept
    }

    /// What differs between two versions.
    public func compare(
        _ name: String, _ left: String, _ right: String
    ) async throws(MyVLMError) -> VersionComparison {
        let reply = try await call(
            ConceptsMethods.compareVersions, CompareVersionsRequest(name: name, left: left, right: right))
        guard let left = reply.left, let right = reply.right else {
            throw MyVLMError(.internalError, "the server's answer lacks the versions")
        }
        return VersionComparison(
            left: left, right: right, differences: reply.differences)
    }

    /// Brings back a deleted concept. Returns the user's new revision.
    public func undeleteConcept(_ name: String) async throws(MyVLMError) -> UInt64 {
        try await call(ConceptsMethods.undeleteConcept, UndeleteConceptRequest(name: name)).revision
    }

    /// Every change of the caller's concepts, exactly once and in order: after `revision`, or from now on. The first
    /// event is a bookmark. Throws `compacted` when events after `revision` are gone: list the concepts and watch from
    /// there. It ends with the iteration.
    public func watch(after revision: UInt64? = nil) -> AsyncThrowingStream<WatchEvent.Event, any Error> {
        sequence { [self] continuation in
            let request = WatchRequest(resume: revision != nil, afterRevision: revision ?? 0)
            for try await message in try await channel.call(
                ConceptsMethods.watch, request, options: options(ConceptsMethods.watch.rules))
            {
                // Nil for an event of a newer server.
                if let event = message.event { continuation.yield(event) }
            }
        }
    }
}
