/// All of one user's concepts, as they are written into a file. The artifacts follow separately.
public struct UserExport: Sendable, Equatable, Codable {
    /// An alias.
    public struct Alias: Sendable, Equatable, Codable {
        /// See `AliasRecord`.
        public let name: String
        /// The version it names.
        public let version: Int
        /// Whether it is protected.
        public let protected: Bool

        package init(name: String, version: Int, protected: Bool) {
            self.name = name
            self.version = version
            self.protected = protected
        }
    }
    /// A photo kept with a version; its bytes are found by the digest.
    public struct Photo: Sendable, Equatable, Codable {
        /// As the owner's file was called.
        public let name: String
        /// SHA-256 of its bytes.
        public let digest: String

        package init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }
    /// A version; its artifact is found by the digest.
    public struct Version: Sendable, Equatable, Codable {
        /// See `VersionRecord`.
        public let number: Int
        /// SHA-256 of the artifact.
        public let digest: String
        /// `object` or `person`.
        public let kind: String
        /// See `VersionRecord`.
        public let classNoun: String
        /// See `VersionRecord`.
        public let identifier: String
        /// See `VersionRecord`.
        public let threshold: Double
        /// See `VersionRecord`.
        public let modelDigest: String
        /// See `VersionRecord`.
        public let photos: Int
        /// A JSON object.
        public let training: String
        /// See `VersionRecord`.
        public let parent: Int?
        /// Milliseconds since 1970.
        public let createdAtMs: Int64
        /// What was kept with it.
        public let kept: [Photo]

        package init(
            number: Int, digest: String, kind: String, classNoun: String, identifier: String, threshold: Double,
            modelDigest: String, photos: Int, training: String, parent: Int?, createdAtMs: Int64, kept: [Photo]
        ) {
            self.number = number
            self.digest = digest
            self.kind = kind
            self.classNoun = classNoun
            self.identifier = identifier
            self.threshold = threshold
            self.modelDigest = modelDigest
            self.photos = photos
            self.training = training
            self.parent = parent
            self.createdAtMs = createdAtMs
            self.kept = kept
        }
    }
    /// A concept.
    public struct Concept: Sendable, Equatable, Codable {
        /// The name its owner gave it.
        public let name: String
        /// The version in use.
        public let current: Int
        /// See `ConceptRecord`.
        public let keepLast: Int?
        /// Ascending.
        public let versions: [Version]
        /// By name.
        public let aliases: [Alias]

        package init(name: String, current: Int, keepLast: Int?, versions: [Version], aliases: [Alias]) {
            self.name = name
            self.current = current
            self.keepLast = keepLast
            self.versions = versions
            self.aliases = aliases
        }

        /// Digests of its artifacts and photos.
        public var digests: [String] { versions.flatMap { [$0.digest] + $0.kept.map(\.digest) } }
    }
    /// 1.
    public let format: Int
    /// Whose it was.
    public let user: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// By name; deleted ones are not among them.
    public let concepts: [Concept]

    /// Digests of all artifacts, each once, in the order in which concepts need them.
    public var digests: [String] {
        var seen: Set<String> = []
        return concepts.flatMap(\.digests).filter { seen.insert($0).inserted }
    }
}
