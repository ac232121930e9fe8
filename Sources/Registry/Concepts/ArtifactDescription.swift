/// What an artifact says of itself, as a version keeps it.
public struct ArtifactDescription: Sendable, Equatable, Codable {
    /// Which kind of head.
    public var kind: ConceptRecord.Kind
    /// "dog", "mug", "woman".
    public var classNoun: String
    /// The words answers use: 1 to 3, at most 32 characters.
    public var identifier: String
    /// Where the head fires; finite.
    public var threshold: Double
    /// SHA-256 of the frozen model it was made for, lower-case hex.
    public var modelDigest: String
    /// Photos it was made from; at least 0.
    public var photoCount: Int
    /// A JSON object of at most 64 KiB; stored with sorted keys.
    public var trainingRecord: String

    /// A description.
    public init(
        kind: ConceptRecord.Kind, classNoun: String, identifier: String, threshold: Double, modelDigest: String,
        photoCount: Int, trainingRecord: String
    ) {
        self.kind = kind
        self.classNoun = classNoun
        self.identifier = identifier
        self.threshold = threshold
        self.modelDigest = modelDigest
        self.photoCount = photoCount
        self.trainingRecord = trainingRecord
    }
}

/// Looks at an artifact's bytes and says what they are. Throws `RegistryError`: `invalidArgument` for bytes that nothing
/// could work with, `failedPrecondition` for an artifact of another model; the message says why.
public typealias ArtifactInspector = @Sendable ([UInt8]) throws -> ArtifactDescription

extension RegistryStore {
    /// From now on whatever comes in as an artifact, on any way, is looked at first, and `scrub` looks at what is there.
    /// An artifact is only bytes here; whoever knows tensors says what they are. Without it nothing is looked at.
    public func inspectArtifacts(with inspector: @escaping ArtifactInspector) {
        self.inspector.withLock { $0 = inspector }
    }

    /// The commit with what its artifact says of itself in place of what was said of it.
    func inspected(_ commit: EnrollmentCommit) throws -> EnrollmentCommit {
        guard let inspect = inspector.withLock({ $0 }) else { return commit }
        var commit = commit
        commit.description = try inspect(commit.artifact)
        return commit
    }
}
