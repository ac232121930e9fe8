import Foundations

/// Concept sets kept in memory: for tests, evaluation and programs without a registry. An actor.
public actor InMemoryConceptSource: ConceptSource {
    private struct Stored {
        var version: Int
        var digest: String
        var artifact: [UInt8]
    }

    private var users: [String: [String: Stored]] = [:]
    private var revisions: [String: Int64] = [:]

    /// No user, no concept.
    public init() {}

    /// Makes the artifact the current version of the user's concept; returns the version, counted from 1.
    @discardableResult
    public func set(user: String, name: String, artifact: [UInt8]) throws -> Int {
        let version = (users[user]?[name]?.version ?? 0) + 1
        users[user, default: [:]][name] = Stored(
            version: version, digest: SHA256Digest.hex(artifact), artifact: artifact)
        revisions[user, default: 0] += 1
        return version
    }

    /// Forgets one concept.
    public func remove(user: String, name: String) {
        users[user]?[name] = nil
        revisions[user, default: 0] += 1
    }

    /// Forgets all concepts of a user.
    public func clear(user: String) {
        users[user] = nil
        revisions[user, default: 0] += 1
    }

    /// The user's concepts as they are now; an unknown user has none.
    public func snapshot(of user: String) throws -> ConceptSetSnapshot {
        let entries = (users[user] ?? [:]).map { name, stored in
            let artifact = stored.artifact
            return ConceptEntry(name: name, version: stored.version, digest: stored.digest) { artifact }
        }
        return try ConceptSetSnapshot(revision: revisions[user] ?? 0, entries: entries)
    }
}
