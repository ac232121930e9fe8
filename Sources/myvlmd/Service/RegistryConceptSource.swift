import RPC
import Registry
import Runtime

/// A user's key in the runtime: the registry's id, which is never reused.
struct UserKey: Sendable {
    let text: String

    init(_ principal: Principal) { text = String(principal.userID) }
}

/// Answers the runtime from the registry, inside the authorised call of each request.
struct RegistryConceptSource: ConceptSource {
    let registry: RegistryStore
    /// Digests of the server's other models, to which their concepts are left; asked for each snapshot.
    let others: @Sendable () -> Set<String>

    init(registry: RegistryStore, others: @escaping @Sendable () -> Set<String> = { [] }) {
        self.registry = registry
        self.others = others
    }

    func snapshot(of user: String) async throws -> Runtime.ConceptSetSnapshot {
        guard let userID = Int64(user) else {
            throw RPCError(code: .internalError, message: "a user key that the service did not make")
        }
        let set = try await registry.conceptSet(of: userID)
        let (registry, others) = (registry, others())
        return try Runtime.ConceptSetSnapshot(
            revision: Int64(clamping: set.revision),
            entries: set.items.filter { !others.contains($0.modelDigest) }.map { item in
                ConceptEntry(
                    name: item.concept, version: item.number, digest: item.digest, isShared: item.ownerID != userID,
                    sizeBytes: item.sizeBytes
                ) {
                    // The lookup needs the owner too: a digest alone opens nothing.
                    try await Self.load(item, from: registry)
                }
            })
    }

    /// A lost artifact must not affect the user's other concepts: it is reported as one that cannot be used. The same
    /// holds for one that was erased since the snapshot was taken.
    private static func load(_ item: ConceptSetItem, from registry: RegistryStore) async throws -> [UInt8] {
        do {
            return try await registry.artifact(item.digest, of: item.ownerID)
        } catch let error as RegistryError where [.dataLoss, .notFound].contains(error.code) {
            throw RuntimeError(.artifactMalformed, error.message, cause: error)
        }
    }
}
