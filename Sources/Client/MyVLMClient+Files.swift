import RPC
public import RPCMessages

/// One version as a file.
public struct ConceptFile: Sendable, Equatable {
    /// The version.
    public let version: ConceptVersion
    /// A safetensors file with the head, the embedding and a manifest as JSON; its SHA-256 is the version's digest.
    public let bytes: [UInt8]
}

extension MyVLMClient {
    /// A version of a concept as a file: the one in use, or `version`. It contains what the server recognises the
    /// concept by (for a person, the face keys), so protect it like the photos. Throws `notFound`.
    public func exportConcept(_ name: String, version: Int? = nil) async throws(MyVLMError) -> ConceptFile {
        let reply = try await call(
            ConceptsMethods.exportConcept,
            ExportConceptRequest(name: name, version: try Limits.version(version)))
        guard let exported = reply.version else {
            throw MyVLMError(.internalError, "the server's answer lacks the version")
        }
        return ConceptFile(version: exported, bytes: reply.data)
    }

    /// Makes a version of an exported file. Throws `invalidArgument` for bytes that are not an exported file and
    /// `failedPrecondition` for one of another frozen model, or when the condition does not hold.
    public func importConcept(
        _ name: String, _ bytes: [UInt8], condition: PointerCondition = .always, reason: String = ""
    ) async throws(MyVLMError) -> Enrolled {
        var request = ImportConceptRequest(name: name, data: bytes, reason: reason)
        switch condition {
        case .always: break
        case .ifVersion(let version): request.ifVersion = try Limits.version(version)
        case .onlyNew: request.onlyNew = true
        }
        let reply = try await call(ConceptsMethods.importConcept, request)
        guard let version = reply.version else {
            throw MyVLMError(.internalError, "the server's answer lacks the version; see `myvlm concept list`")
        }
        return Enrolled(version: version, created: reply.created)
    }
}
