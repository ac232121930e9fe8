import Compute
import VLM

/// Concepts and users' packed sets kept in memory, least recently used first out, bounded in bytes.
///
/// Keyed by digest alone: whoever asks must have got the digest from an authorised snapshot. Bytes are verified on
/// every load. Requests hold what they use, so eviction never takes a concept away from a running answer. An actor.
actor ResidentConcepts {
    struct Statistics: Sendable {
        var bytes = 0
        var concepts = 0
        var hits: UInt64 = 0
        var misses: UInt64 = 0
        var evictions: UInt64 = 0
    }

    /// What is kept: a concept by its artifact's digest, a set by its own.
    private struct Kept<Item: Sendable>: Sendable {
        var item: Item
        let bytes: Int
        var lastUse: UInt64
    }

    private let identity: ModelIdentity
    private let space: FeatureSpace
    private let budget: Int
    /// Many concepts take long to join: users take turns, and nobody waits for the actor meanwhile.
    private let work = ComputeQueue(label: "myvlm.concepts")
    private var concepts: [String: Kept<ResidentConcept>] = [:]
    private var panels: [String: Kept<ConceptPanel>] = [:]
    private var loading: [String: Task<ResidentConcept, any Error>] = [:]
    private var clock: UInt64 = 0
    /// Grows with each `forget`: what was loaded across one is not kept.
    private var forgets: UInt64 = 0
    private(set) var statistics = Statistics()

    init(identity: ModelIdentity, space: FeatureSpace, budget: Int) {
        self.identity = identity
        self.space = space
        self.budget = budget
    }

    /// All concepts of a snapshot, packed: loaded and joined once, however many requests follow.
    func set(of snapshot: ConceptSetSnapshot, for user: String = "") async throws -> ConceptSet {
        clock += 1
        if let kept = panels[snapshot.digest] {
            panels[snapshot.digest]?.lastUse = clock
            for member in kept.item.members { concepts[member.digest]?.lastUse = clock }
            statistics.hits += UInt64(kept.item.members.count)
            return ConceptSet(revision: snapshot.revision, digest: snapshot.digest, panel: kept.item)
        }
        let begun = forgets
        var members: [ConceptPanel.Member] = []
        for entry in snapshot.entries {
            members.append(
                ConceptPanel.Member(
                    name: entry.name, version: entry.version, digest: entry.digest,
                    concept: try await concept(of: entry)))
        }
        let panel = try await work.run(.answers, for: user) { [members, space] in
            ConceptPanel(members: members, space: space)
        }
        if begun == forgets, !members.isEmpty { keep(panel, digest: snapshot.digest) }
        return ConceptSet(revision: snapshot.revision, digest: snapshot.digest, panel: panel)
    }

    /// The concept of an entry, loaded once however many ask at the same time.
    private func concept(of entry: ConceptEntry) async throws -> ResidentConcept {
        clock += 1
        if let kept = concepts[entry.digest] {
            statistics.hits += 1
            concepts[entry.digest]?.lastUse = clock
            return kept.item
        }
        if let task = loading[entry.digest] {
            statistics.hits += 1
            return try await task.value
        }
        statistics.misses += 1
        let (identity, space) = (identity, space)
        // Not a child of the request: its cancellation must not fail others who wait for the same bytes.
        let task = Task { try await Self.load(entry, for: identity, space: space) }
        loading[entry.digest] = task
        defer { loading[entry.digest] = nil }
        let begun = forgets
        let concept = try await task.value
        // What was forgotten while it loaded is handed out once and not kept.
        if begun == forgets { keep(concept, digest: entry.digest) }
        return concept
    }

    /// Drops concepts that were erased, those just being loaded too, and zeroes the memory that only this place held.
    /// Answers in flight keep what they have until they end.
    func forget(_ digests: [String]) {
        forgets += 1
        for digest in digests {
            loading[digest] = nil
            guard concepts[digest] != nil else { continue }
            for set in sets(with: digest) {
                guard var kept = panels.removeValue(forKey: set) else { continue }
                statistics.bytes -= kept.bytes
                kept.item.wipe()
            }
            guard var kept = concepts.removeValue(forKey: digest) else { continue }
            statistics.bytes -= kept.bytes
            kept.item.wipe()
        }
        statistics.concepts = concepts.count
    }

    private static func load(
        _ entry: ConceptEntry, for identity: ModelIdentity, space: FeatureSpace
    ) async throws -> ResidentConcept {
        var bytes = try await entry.load()
        defer { bytes.wipe() }
        guard try ConceptArtifact.digest(of: bytes) == entry.digest else {
            throw RuntimeError(
                .artifactMalformed,
                "version \(entry.version) of \(entry.name) does not have the digest it was stored under: restore it "
                    + "from a backup or enroll again")
        }
        let artifact = try ConceptArtifact(decoding: bytes)
        try artifact.requireModel(identity)
        try artifact.requireShapes(of: identity)
        return ResidentConcept(artifact, space: space)
    }

    private func keep(_ concept: ResidentConcept, digest: String) {
        concepts[digest] = Kept(item: concept, bytes: concept.bytes, lastUse: clock)
        statistics.bytes += concept.bytes
        makeRoom()
    }

    private func keep(_ panel: ConceptPanel, digest: String) {
        // Two requests may have joined the same set at the same time.
        drop(panel: digest)
        // A set whose concepts were evicted meanwhile would hold memory nobody counts.
        guard panel.members.allSatisfy({ concepts[$0.digest] != nil }) else { return }
        panels[digest] = Kept(item: panel, bytes: panel.bytes, lastUse: clock)
        statistics.bytes += panel.bytes
        makeRoom()
    }

    private func makeRoom() {
        while statistics.bytes > budget {
            let set = panels.min { $0.value.lastUse < $1.value.lastUse }
            let concept = concepts.min { $0.value.lastUse < $1.value.lastUse }
            if let set, set.value.lastUse <= concept?.value.lastUse ?? .max {
                drop(panel: set.key)
            } else if let concept {
                drop(concept: concept.key)
                statistics.evictions += 1
            } else {
                break
            }
        }
        statistics.concepts = concepts.count
    }

    private func drop(panel digest: String) {
        if let kept = panels.removeValue(forKey: digest) { statistics.bytes -= kept.bytes }
    }

    /// A set holds its concepts, so it goes with any of them.
    private func drop(concept digest: String) {
        guard let kept = concepts.removeValue(forKey: digest) else { return }
        statistics.bytes -= kept.bytes
        for set in sets(with: digest) { drop(panel: set) }
    }

    private func sets(with digest: String) -> [String] {
        panels.filter { $0.value.item.members.contains { $0.digest == digest } }.map(\.key)
    }
}

extension ConceptArtifact {
    /// Throws `artifactMalformed` when tensors do not have the sizes of the model they name.
    func requireShapes(of identity: ModelIdentity) throws {
        var fits = embedding.columns == identity.hiddenSize && enrolledFeatures.columns == identity.featureSize
        if case .object(let head) = head { fits = fits && head.weight.count == identity.featureSize }
        guard fits else {
            throw RuntimeError(
                .artifactMalformed, "the artifact's tensors do not have the sizes of \(identity.name): enroll again")
        }
    }
}
