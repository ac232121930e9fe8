internal import Foundation
import Foundations

/// An enrollment with every field checked, and the digest that identifies its content.
struct CheckedEnrollment: Sendable {
    let name: String
    let kind: ConceptRecord.Kind
    let classNoun: String
    let identifier: String
    let threshold: Double
    let modelDigest: String
    let photoCount: Int
    let trainingRecord: String
    /// Nil when it is stored already.
    let artifact: [UInt8]?
    let size: Int
    let digest: String
    /// Equal for equal artifact, kind, words, threshold and model: then it is the same version. The training record
    /// contains times of day and is left out.
    let content: String
    let reason: String
    let ifVersion: Int?

    init(_ commit: EnrollmentCommit, quotas: Quotas) throws {
        guard !commit.artifact.isEmpty else { throw RegistryError(.invalidArgument, "the artifact is empty") }
        guard commit.artifact.count <= quotas.bytesPerArtifact else {
            throw RegistryError(
                .resourceExhausted,
                "the artifact has \(commit.artifact.count) bytes, the limit is \(quotas.bytesPerArtifact)")
        }
        let description = ArtifactDescription(
            kind: commit.kind, classNoun: commit.classNoun, identifier: commit.identifier,
            threshold: commit.threshold, modelDigest: commit.modelDigest, photoCount: commit.photoCount,
            trainingRecord: commit.trainingRecord)
        try self.init(
            concept: commit.concept, description: description, digest: SHA256Digest.hex(commit.artifact),
            size: commit.artifact.count, artifact: commit.artifact, reason: commit.reason, ifVersion: commit.ifVersion)
    }

    /// For an artifact that is stored already, or one that comes with it.
    init(
        concept: String, description: ArtifactDescription, digest: String, size: Int, artifact: [UInt8]? = nil,
        reason: String = "", ifVersion: Int? = nil
    ) throws {
        name = try CheckedText.conceptName(concept)
        kind = description.kind
        classNoun = try CheckedText.classNoun(description.classNoun)
        identifier = try CheckedText.identifier(description.identifier)
        self.reason = try CheckedText.reason(reason)
        self.ifVersion = ifVersion
        guard description.threshold.isFinite else {
            throw RegistryError(.invalidArgument, "the threshold is not finite")
        }
        // -0 and 0 are one threshold and must be one content.
        threshold = description.threshold == 0 ? 0 : description.threshold
        guard Hex.isDigest(description.modelDigest) else {
            throw RegistryError(.invalidArgument, "the model's digest is not 64 lower-case hex digits")
        }
        modelDigest = description.modelDigest
        guard (0...100_000).contains(description.photoCount) else {
            throw RegistryError(.invalidArgument, "the number of photos is not within 0 to 100000")
        }
        photoCount = description.photoCount
        trainingRecord = try Self.canonical(description.trainingRecord)
        self.artifact = artifact
        self.size = size
        self.digest = digest
        var fields = FieldBytes()
        for text in [digest, kind.rawValue, classNoun, identifier, modelDigest] { fields.append(text) }
        fields.append(threshold.bitPattern)
        content = SHA256Digest.hex(fields.bytes)
    }

    /// The JSON object with sorted keys and no white space.
    private static func canonical(_ json: String) throws -> String {
        guard json.utf8.count <= 64 << 10 else {
            throw RegistryError(.invalidArgument, "the training record has more than 64 KiB")
        }
        do {
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
            guard object is [String: Any] else {
                throw RegistryError(.invalidArgument, "the training record is not a JSON object")
            }
            let data = try JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        } catch let error as RegistryError {
            throw error
        } catch {
            throw RegistryError(.invalidArgument, "the training record is not JSON", cause: error)
        }
    }
}
