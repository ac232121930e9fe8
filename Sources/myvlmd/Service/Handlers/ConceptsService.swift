import RPC
import Registry
import Runtime

/// The calls of `myvlm.v1.Concepts`, but for the enrollment itself: see `Enrollment`.
struct ConceptsService: Sendable {
    let registry: RegistryStore
    let stage: UploadStage
    let enrollment: Enrollment
    let runner: CallRunner
    /// Drops erased artifacts from memory.
    let forget: @Sendable (Erasure) async -> Void
    /// Where backups lie.
    let backups: String
    /// What a file for this server's model says of itself; throws for every other.
    let inspect: @Sendable ([UInt8]) throws -> ArtifactManifest
    /// Digest of this server's model.
    let model: String
    let imports: DataImports
    /// Reading everything a user has keeps one of the registry's readers for long: one export does at a time, so that the
    /// others are free for calls that need a moment.
    let snapshots = TurnGate(limit: 1, perUser: 1)

    func register(in services: inout Services) {
        let registry = registry
        let runner = runner
        let enrollment = enrollment
        let model = model
        let small = MethodOptions(maximumRequestBytes: 4 << 10, unpackedBytes: 64 << 10)
        services.register(
            ConceptsMethods.enroll, options: .init(maximumRequestBytes: 64 << 10, unpackedBytes: 1 << 20)
        ) { request, writer, context in
            try await runner.run(context) {
                try await enrollment.run(request, by: context.caller) { try await writer.write($0) }
            }
        }
        services.register(ConceptsMethods.listConcepts, options: small) { request, context in
            try await runner.run(context) {
                let page = try await registry.concepts(
                    of: context.caller.userID, limit: Int(request.limit), after: request.after)
                return ListConceptsReply(
                    concepts: page.concepts.map { Concept(record: $0, model: model) }, revision: page.revision)
            }
        }
        services.register(ConceptsMethods.getConcept, options: small) { request, context in
            try await runner.run(context) {
                try Names.check(request.name, what: "the concept's name")
                let details = try await registry.concept(request.name, of: context.caller.userID)
                return ConceptDetail(
                    concept: Concept(record: details.concept, model: model),
                    current: ConceptVersion(record: details.current),
                    history: details.history.map { PointerMove(record: $0) },
                    aliases: details.aliases.map { Alias(record: $0) })
            }
        }
        services.register(ConceptsMethods.listVersions, options: small) { request, context in
            try await runner.run(context) {
                try Names.check(request.name, what: "the concept's name")
                let versions = try await registry.versions(
                    of: request.name, userID: context.caller.userID, limit: Int(request.limit),
                    before: Int(request.before))
                return ListVersionsReply(versions: versions.map { ConceptVersion(record: $0) })
            }
        }
        services.register(ConceptsMethods.rollback, options: small) { request, context in
            try await runner.run(context) {
                try Names.check(request.name, what: "the concept's name")
                try Names.checkReason(request.reason)
                let move = try await registry.rollback(
                    request.name, to: request.to == 0 ? nil : Int(request.to),
                    ifVersion: request.ifVersion == 0 ? nil : Int(request.ifVersion), reason: request.reason,
                    by: context.caller)
                return PointerMove(record: move)
            }
        }
        services.register(ConceptsMethods.deleteConcept, options: small) { request, context in
            try await runner.run(context) {
                try Names.check(request.name, what: "the concept's name")
                return DeleteConceptReply(
                    revision: try await registry.deleteConcept(request.name, by: context.caller))
            }
        }
        services.register(ConceptsMethods.undeleteConcept, options: small) { request, context in
            try await runner.run(context) {
                try Names.check(request.name, what: "the concept's name")
                return UndeleteConceptReply(
                    revision: try await registry.undeleteConcept(request.name, by: context.caller))
            }
        }
        registerUploads(in: &services, options: small)
        registerErasures(in: &services, options: small)
        registerSharing(in: &services, options: small)
        registerExport(in: &services, options: small)
        registerPhotos(in: &services, options: small)
        registerPointers(in: &services, options: small)
        registerWatch(in: &services, options: small)
        registerFiles(in: &services, options: small)
    }
}
