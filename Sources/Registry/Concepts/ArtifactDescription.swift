internal import Foundations

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

/// Inspects an artifact's bytes and describes them. Throws `RegistryError`: `invalidArgument` for bytes that no model
/// could use, `failedPrecondition` for an artifact of another model; the message says why.
public typealias ArtifactInspector = @Sendable ([UInt8]) throws -> ArtifactDescription

extension RegistryStore {
    /// From now on every artifact that comes in, by whatever way, is inspected first, and `scrub` inspects those that
    /// are stored. To the registry an artifact is only bytes; the inspector knows tensors. Without one, nothing is
    /// inspected.
    public func inspectArtifacts(with inspector: @escaping ArtifactInspector) {
        self.inspector.withLock { $0 = inspector }
    }

    /// The commit with its artifact's own description in place of the caller's.
    func inspected(_ commit: EnrollmentCommit) throws -> EnrollmentCommit {
        guard let inspect = inspector.withLock({ $0 }) else { return commit }
        var commit = commit
        commit.description = try inspect(commit.artifact)
        return commit
    }
}
