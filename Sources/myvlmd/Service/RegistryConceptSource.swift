import RPC
import Registry
import Runtime

/// A user as the runtime knows it: the registry's id, which is never given to another user.
struct UserKey: Sendable {
    let text: String

    init(_ principal: Principal) { text = String(principal.userID) }
}

/// Answers the runtime from the registry, inside the authorised call of each request.
struct RegistryConceptSource: ConceptSource {
    let registry: RegistryStore

    func snapshot(of user: String) async throws -> Runtime.ConceptSetSnapshot {
        guard let userID = Int64(user) else {
            throw RPCError(code: .internalError, message: "a user key that the service did not make")
        }
        let set = try await registry.conceptSet(of: userID)
        let registry = registry
        return try Runtime.ConceptSetSnapshot(
            revision: Int64(clamping: set.revision),
            entries: set.items.map { item in
                ConceptEntry(name: item.concept, version: item.number, digest: item.digest) {
                    // The owner goes into the lookup: a digest alone opens nothing.
                    try await registry.artifact(item.digest, of: item.ownerID)
                }
            })
    }
}
