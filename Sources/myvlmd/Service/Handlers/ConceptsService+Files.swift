import RPC
import Registry
import Rules
import Runtime

/// Exports versions as files and imports them again.
extension ConceptsService {
    func exportConcept(_ request: ExportConceptRequest, _ context: CallContext) async throws -> ConceptFile {
        try request.check()
        let owner = try context.caller.userID
        let version = try await Self.version(Int(request.version), of: request.name, owner, registry)
        return ConceptFile(
            version: ConceptVersion(record: version),
            data: try await registry.artifact(version.digest, of: owner))
    }

    func importConcept(_ request: ImportConceptRequest, _ context: CallContext) async throws -> EnrollDone {
        try request.check()
        let manifest = try Self.manifest(of: request.data, models.inspect)
        let result = try await registry.commit(
            EnrollmentCommit(
                concept: request.name, description: ArtifactDescription(manifest: manifest), artifact: request.data,
                reason: request.reason,
                ifVersion: request.onlyNew ? 0 : request.ifVersion == 0 ? nil : Int(request.ifVersion)),
            by: context.caller)
        return EnrollDone(result: result)
    }

    private static func version(
        _ number: Int, of name: String, _ owner: Int64, _ registry: RegistryStore
    ) async throws -> VersionRecord {
        if number == 0 { return try await registry.concept(name, of: owner).current }
        let newest = try await registry.versions(of: name, userID: owner, limit: 1, before: number + 1)
        guard let version = newest.first, version.number == number else {
            throw RegistryError(.notFound, "\(name) has no version \(number); list its versions")
        }
        return version
    }

    /// A file may come from anywhere: its texts are checked like everything that callers send.
    private static func manifest(
        of data: [UInt8], _ inspect: @Sendable ([UInt8]) throws -> ArtifactManifest
    ) throws -> ArtifactManifest {
        let manifest: ArtifactManifest
        do {
            manifest = try inspect(data)
        } catch let error as RuntimeError where error.code == .artifactMalformed {
            throw RPCError(
                code: .invalidArgument,
                message: "the file is not an exported concept: export it again, or enroll from the photos", cause: error
            )
        }
        _ = try NameRules.identifier(manifest.identifier, what: "the identifier in the file")
        _ = try NameRules.classNoun(manifest.classNoun, what: "the class in the file")
        return manifest
    }
}
