import Compute
import VLM

/// Parsed artifacts kept in memory, least recently used first out, bounded in bytes.
///
/// Keyed by digest alone: whoever asks must have got the digest from an authorised snapshot. Bytes are verified on
/// every load. Requests hold the artifacts they use, so eviction never takes one away from a running answer. An actor.
actor ResidentConcepts {
    struct Statistics: Sendable {
        var bytes = 0
        var concepts = 0
        var hits: UInt64 = 0
        var misses: UInt64 = 0
        var evictions: UInt64 = 0
    }

    private struct Resident {
        let artifact: ConceptArtifact
        let bytes: Int
        var lastUse: UInt64
    }

    private let identity: ModelIdentity
    private let budget: Int
    private var residents: [String: Resident] = [:]
    private var loading: [String: Task<ConceptArtifact, any Error>] = [:]
    private var clock: UInt64 = 0
    private var forgets: UInt64 = 0
    private(set) var statistics = Statistics()

    init(identity: ModelIdentity, budget: Int) {
        self.identity = identity
        self.budget = budget
    }

    /// The artifact of an entry, loaded once however many ask at the same time.
    func artifact(of entry: ConceptEntry) async throws -> ConceptArtifact {
        clock += 1
        if var resident = residents[entry.digest] {
            statistics.hits += 1
            resident.lastUse = clock
            residents[entry.digest] = resident
            return resident.artifact
        }
        if let task = loading[entry.digest] {
            statistics.hits += 1
            return try await task.value
        }
        statistics.misses += 1
        let identity = identity
        // Not a child of the request: its cancellation must not fail others who wait for the same bytes.
        let task = Task { try await Self.load(entry, for: identity) }
        loading[entry.digest] = task
        defer { loading[entry.digest] = nil }
        let begun = forgets
        let artifact = try await task.value
        // What was forgotten while it loaded is handed out once and not kept.
        if begun == forgets { keep(artifact, digest: entry.digest) }
        return artifact
    }

    /// Drops artifacts that were erased, those just being loaded too. Answers in flight keep what they have.
    func forget(_ digests: [String]) {
        forgets += 1
        for digest in digests {
            loading[digest] = nil
            if let resident = residents.removeValue(forKey: digest) { statistics.bytes -= resident.bytes }
        }
        statistics.concepts = residents.count
    }

    private static func load(_ entry: ConceptEntry, for identity: ModelIdentity) async throws -> ConceptArtifact {
        let bytes = try await entry.load()
        guard try ConceptArtifact.digest(of: bytes) == entry.digest else {
            throw RuntimeError(
                .artifactMalformed,
                "version \(entry.version) of \(entry.name) does not have the digest it was stored under: restore it "
                    + "from a backup or enroll again")
        }
        let artifact = try ConceptArtifact(decoding: bytes)
        try artifact.requireModel(identity)
        try artifact.requireShapes(of: identity)
        return artifact
    }

    private func keep(_ artifact: ConceptArtifact, digest: String) {
        let bytes = artifact.residentBytes
        residents[digest] = Resident(artifact: artifact, bytes: bytes, lastUse: clock)
        statistics.bytes += bytes
        while statistics.bytes > budget, let oldest = residents.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            residents[oldest.key] = nil
            statistics.bytes -= oldest.value.bytes
            statistics.evictions += 1
        }
        statistics.concepts = residents.count
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
