import RPC
import Registry
import Runtime

/// The calls of `myvlm.v1.Concepts`, except the enrollment itself: see `Enrollment`.
struct ConceptsService: ConceptsServing {
    let registry: RegistryStore
    let stage: UploadStage
    let enrollment: Enrollment
    /// Drops erased artifacts from memory.
    let forget: @Sendable (Erasure) async -> Void
    /// The folder of backups.
    let backups: String
    let models: ModelShelf
    let imports: DataImports
    /// Reading everything a user has occupies one of the registry's readers for long: only one export does so at a
    /// time, so that the other readers are free for short calls.
    let snapshots = TurnGate(limit: 1, perUser: 1)

    func enroll(_ request: EnrollRequest, _ writer: ResponseWriter<EnrollEvent>, _ context: CallContext) async throws {
        try await enrollment.run(request, by: context.caller) { try await writer.write($0) }
    }

    func listConcepts(_ request: ListConceptsRequest, _ context: CallContext) async throws -> ListConceptsReply {
        let page = try await registry.concepts(
            of: context.caller.userID, limit: Int(request.limit), after: request.after)
        return ListConceptsReply(
            concepts: page.concepts.map { Concept(record: $0, models: models) }, revision: page.revision)
    }

    func getConcept(_ request: GetConceptRequest, _ context: CallContext) async throws -> ConceptDetail {
        try request.check()
        let details = try await registry.concept(request.name, of: context.caller.userID)
        return ConceptDetail(
            concept: Concept(record: details.concept, models: models),
            current: ConceptVersion(record: details.current),
            history: details.history.map { PointerMove(record: $0) },
            aliases: details.aliases.map { Alias(record: $0) })
    }

    func listVersions(_ request: ListVersionsRequest, _ context: CallContext) async throws -> ListVersionsReply {
        try request.check()
        let versions = try await registry.versions(
            of: request.name, userID: context.caller.userID, limit: Int(request.limit),
            before: Int(request.before))
        return ListVersionsReply(versions: versions.map { ConceptVersion(record: $0) })
    }

    func rollback(_ request: RollbackRequest, _ context: CallContext) async throws -> PointerMove {
        try request.check()
        let move = try await registry.rollback(
            request.name, to: request.to == 0 ? nil : Int(request.to),
            ifVersion: request.ifVersion == 0 ? nil : Int(request.ifVersion), reason: request.reason,
            by: context.caller)
        return PointerMove(record: move)
    }

    func deleteConcept(_ request: DeleteConceptRequest, _ context: CallContext) async throws -> DeleteConceptReply {
        try request.check()
        return DeleteConceptReply(
            revision: try await registry.deleteConcept(request.name, by: context.caller))
    }

    func undeleteConcept(_ request: UndeleteConceptRequest, _ context: CallContext) async throws -> UndeleteConceptReply
    {
        try request.check()
        return UndeleteConceptReply(
            revision: try await registry.undeleteConcept(request.name, by: context.caller))
    }
}
