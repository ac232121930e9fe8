import Foundations
import VLM

/// Who has which concepts. The server answers it from its registry; the runtime never resolves a name by itself.
public protocol ConceptSource: Sendable {
    /// The user's concepts as they are now: one consistent revision, immutable from here on.
    func snapshot(of user: String) async throws -> ConceptSetSnapshot
}

/// One concept of a set.
public struct ConceptEntry: Sendable {
    /// How its owner calls it.
    public let name: String
    /// Its current version.
    public let version: Int
    /// SHA-256 of the artifact, lower-case hex.
    public let digest: String
    /// Whether it is another user's; where not all fit, one's own come first.
    public let isShared: Bool
    /// Size of the artifact where the source knows it: what is too large is not even loaded.
    public let sizeBytes: Int?
    /// The artifact's bytes; called only when they are not resident, and checked against `digest`.
    public let load: @Sendable () async throws -> [UInt8]

    /// An entry. `load` throws `RuntimeError.artifactMalformed` for bytes that are lost: then the set goes on without it.
    public init(
        name: String, version: Int, digest: String, isShared: Bool = false, sizeBytes: Int? = nil,
        load: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.isShared = isShared
        self.sizeBytes = sizeBytes
        self.load = load
    }
}

/// A user's concepts at one revision. Equal digests mean equal concepts.
public struct ConceptSetSnapshot: Sendable {
    /// Grows with each change of the user's concepts.
    public let revision: Int64
    /// SHA-256 over name, version and artifact digest of every entry, in the order of names.
    public let digest: String
    /// In the order of names.
    public let entries: [ConceptEntry]

    /// A snapshot of entries in any order.
    public init(revision: Int64, entries: [ConceptEntry]) throws {
        self.revision = revision
        self.entries = entries.sorted { $0.name < $1.name }
        var bytes: [UInt8] = []
        for entry in self.entries {
            // Lengths in front: no two different sets may give the same bytes.
            for field in [entry.name, String(entry.version), entry.digest] {
                bytes += Array("\(field.utf8.count):".utf8) + Array(field.utf8)
            }
        }
        digest = SHA256Digest.hex(bytes)
    }
}
