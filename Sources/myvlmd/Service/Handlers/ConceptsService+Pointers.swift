import RPC
import Registry

extension ConceptsService {
    func promote(_ request: PromoteRequest, _ context: CallContext) async throws -> PointerMove {
        try request.check()
        let move = try await registry.promote(
            request.name, to: try VersionSelector(request.version),
            ifVersion: request.ifVersion == 0 ? nil : Int(request.ifVersion), reason: request.reason,
            by: context.caller)
        return PointerMove(record: move)
    }

    func setAlias(_ request: SetAliasRequest, _ context: CallContext) async throws -> AliasReply {
        try request.check()
        let wanted: Int? = request.onlyNew ? 0 : request.ifVersion == 0 ? nil : Int(request.ifVersion)
        return AliasReply(
            record: try await registry.setAlias(
                request.alias, of: request.concept, to: try VersionSelector(request.version),
                ifVersion: wanted, reason: request.reason, by: context.caller))
    }

    func removeAlias(_ request: RemoveAliasRequest, _ context: CallContext) async throws -> AliasReply {
        try request.check()
        return AliasReply(
            record: try await registry.removeAlias(
                request.alias, of: request.concept, reason: request.reason, by: context.caller))
    }

    func protectAlias(_ request: ProtectAliasRequest, _ context: CallContext) async throws -> AliasReply {
        try request.check()
        return AliasReply(
            record: try await registry.protectAlias(
                request.alias, of: request.concept, request.isProtected, by: context.caller))
    }

    func setRetention(_ request: SetRetentionRequest, _ context: CallContext) async throws -> SetRetentionReply {
        try request.check()
        let change = try await registry.setRetention(
            request.concept, keepLast: request.keepLast == 0 ? nil : Int(request.keepLast),
            by: context.caller)
        return SetRetentionReply(removed: change.removed.map { UInt32($0) }, revision: change.revision)
    }

    func renameConcept(_ request: RenameConceptRequest, _ context: CallContext) async throws -> RenameConceptReply {
        try request.check()
        let change = try await registry.renameConcept(
            request.name, to: request.newName, by: context.caller)
        return RenameConceptReply(
            concept: Concept(record: change.concept, models: models), revision: change.revision)
    }

    func compareVersions(_ request: CompareVersionsRequest, _ context: CallContext) async throws
        -> RPCMessages.VersionComparison
    {
        try request.check()
        let result = try await registry.compare(
            request.name, try VersionSelector(request.left), try VersionSelector(request.right),
            of: context.caller.userID)
        return RPCMessages.VersionComparison(
            left: ConceptVersion(record: result.left), right: ConceptVersion(record: result.right),
            differences: result.differences.map {
                RPCMessages.VersionDifference(field: $0.field, left: $0.left, right: $0.right)
            })
    }
}
