import Compute
import Foundations
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

    /// A set as it is kept: what it had to leave out is known as long as the set is.
    private struct Joined: Sendable {
        var panel: ConceptPanel
        let skipped: [SkippedConcept]
    }

    private let identity: ModelIdentity
    private let space: FeatureSpace
    private let configuration: RuntimeConfiguration
    private let knowsFaces: Bool
    private let budget: Int
    /// Artifacts are parsed and sets joined here: off the cooperative pool, and not on this actor, which every request
    /// of every user passes through. Many concepts take long to join: users take turns.
    private let work = ComputeQueue(label: "myvlm.concepts")
    private var concepts: [String: Kept<ResidentConcept>] = [:]
    private var panels: [String: Kept<Joined>] = [:]
    private var loading: [String: Task<ResidentConcept, any Error>] = [:]
    private var joining: [String: Task<Joined, any Error>] = [:]
    private var clock: UInt64 = 0
    /// Grows with each `forget`: what was loaded across one is not kept.
    private var forgets: UInt64 = 0
    private(set) var statistics = Statistics()

    init(identity: ModelIdentity, space: FeatureSpace, configuration: RuntimeConfiguration, knowsFaces: Bool) {
        self.identity = identity
        self.space = space
        self.configuration = configuration
        self.knowsFaces = knowsFaces
        budget = configuration.residentBytes
    }

    /// The concepts of a snapshot, packed: loaded and joined once, however many requests follow or wait.
    ///
    /// A concept that cannot be used is left out and told: one that is damaged, was made for another model, or does not
    /// fit; another user's mistake, or one's own, costs no more than that concept. Throws errors of the source.
    func set(of snapshot: ConceptSetSnapshot, for user: String = "") async throws -> ConceptSet {
        clock += 1
        if let kept = panels[snapshot.digest] {
            panels[snapshot.digest]?.lastUse = clock
            for member in kept.item.panel.members { concepts[member.digest]?.lastUse = clock }
            statistics.hits += UInt64(kept.item.panel.members.count)
            return ConceptSet(snapshot, kept.item.panel, kept.item.skipped)
        }
        if let task = joining[snapshot.digest] {
            let joined = try await task.value
            return ConceptSet(snapshot, joined.panel, joined.skipped)
        }
        let begun = forgets
        // Not a child of the request, as below.
        let task = Task { try await join(snapshot, for: user) }
        joining[snapshot.digest] = task
        defer { joining[snapshot.digest] = nil }
        let joined = try await task.value
        if begun == forgets, !snapshot.entries.isEmpty { keep(joined, digest: snapshot.digest) }
        return ConceptSet(snapshot, joined.panel, joined.skipped)
    }

    private func join(_ snapshot: ConceptSetSnapshot, for user: String) async throws -> Joined {
        var room = ConceptSetRoom(configuration)
        var members: [ConceptPanel.Member] = []
        var skipped: [SkippedConcept] = []
        let entries = snapshot.entries.filter { !$0.isShared } + snapshot.entries.filter(\.isShared)
        for entry in entries {
            let (concept, reason) = try await looked(at: entry, for: user, &room)
            if let concept {
                members.append(
                    ConceptPanel.Member(
                        name: entry.name, version: entry.version, digest: entry.digest, concept: concept))
            } else {
                skipped.append(SkippedConcept(concept: entry.name, version: entry.version, reason: reason))
            }
        }
        members.sort { $0.name < $1.name }
        skipped.sort { $0.concept < $1.concept }
        let space = space
        let panel = try await work.run(.answers, for: user) { [members] in
            ConceptPanel(members: members, space: space)
        }
        return Joined(panel: panel, skipped: skipped)
    }

    /// The concept of an entry, or why the set goes on without it.
    private func looked(
        at entry: ConceptEntry, for user: String, _ room: inout ConceptSetRoom
    ) async throws -> (concept: ResidentConcept?, reason: String) {
        if let fullness = room.fullness { return (nil, fullness) }
        let largest = ConceptArtifact.largestBytes(for: identity)
        if let size = entry.sizeBytes, size > largest {
            return (
                nil,
                "its artifact has \(size) bytes, more than an enrollment makes for \(identity.name): it is another model's, "
                    + "or none; its owner has it trained again with `myvlm reenroll` or `myvlm enroll`"
            )
        }
        do {
            let concept = try await concept(of: entry, for: user)
            if case .person = concept.head, !knowsFaces {
                return (nil, "the server has no face models: its operator installs them with Scripts/setup")
            }
            if let reason = room.take(concept) { return (nil, reason) }
            return (concept, "")
        } catch let error as RuntimeError where [.artifactMalformed, .modelMismatch].contains(error.code) {
            return (nil, error.message)
        }
    }

    /// The concept of an entry, loaded once however many ask at the same time.
    private func concept(of entry: ConceptEntry, for user: String) async throws -> ResidentConcept {
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
        let (identity, space, work) = (identity, space, work)
        // Not a child of the request: its cancellation must not fail others who wait for the same bytes.
        let task = Task {
            var bytes = try await entry.load()
            defer { bytes.wipe() }
            return try await work.run(.answers, for: user) { [bytes] in
                ResidentConcept(try Self.inspected(bytes, of: entry, for: identity), space: space)
            }
        }
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
        joining.removeAll()
        for digest in digests {
            loading[digest] = nil
            guard concepts[digest] != nil else { continue }
            for set in sets(with: digest) {
                guard var kept = panels.removeValue(forKey: set) else { continue }
                statistics.bytes -= kept.bytes
                kept.item.panel.wipe()
            }
            guard var kept = concepts.removeValue(forKey: digest) else { continue }
            statistics.bytes -= kept.bytes
            kept.item.wipe()
        }
        statistics.concepts = concepts.count
    }

    private static func inspected(
        _ bytes: [UInt8], of entry: ConceptEntry, for identity: ModelIdentity
    ) throws -> ConceptArtifact {
        guard SHA256Digest.hex(bytes) == entry.digest else {
            throw RuntimeError(
                .artifactMalformed,
                "version \(entry.version) of \(entry.name) does not have the digest it was stored under: restore it "
                    + "from a backup or enroll again")
        }
        return try ConceptArtifact(inspecting: bytes, for: identity)
    }

    private func keep(_ concept: ResidentConcept, digest: String) {
        concepts[digest] = Kept(item: concept, bytes: concept.bytes, lastUse: clock)
        statistics.bytes += concept.bytes
        makeRoom()
    }

    private func keep(_ joined: Joined, digest: String) {
        drop(panel: digest)
        // A set whose concepts were evicted meanwhile would hold memory nobody counts.
        guard joined.panel.members.allSatisfy({ concepts[$0.digest] != nil }) else { return }
        let bytes = joined.panel.bytes + joined.skipped.reduce(0) { $0 + $1.reason.utf8.count + 64 }
        panels[digest] = Kept(item: joined, bytes: bytes, lastUse: clock)
        statistics.bytes += bytes
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
        panels.filter { $0.value.item.panel.members.contains { $0.digest == digest } }.map(\.key)
    }
}

extension ConceptSet {
    fileprivate init(_ snapshot: ConceptSetSnapshot, _ panel: ConceptPanel, _ skipped: [SkippedConcept]) {
        self.init(revision: snapshot.revision, digest: snapshot.digest, panel: panel, skipped: skipped)
    }
}
