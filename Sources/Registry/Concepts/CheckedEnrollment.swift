internal import Foundation
import Foundations

/// An enrollment with every field checked, and the digest that identifies its content.
@dynamicMemberLookup
struct CheckedEnrollment: Sendable {
    /// As it is stored: texts normalised, the training record as canonical JSON.
    let commit: EnrollmentCommit
    /// Nil when it is stored already.
    let artifact: [UInt8]?
    let size: Int
    let digest: String
    /// Equal for equal artifact, kind, words, threshold and model: then it is the same version. The training record
    /// contains times of day and is left out.
    let content: String

    init(_ commit: EnrollmentCommit, quotas: Quotas) throws {
        guard !commit.artifact.isEmpty else { throw RegistryError(.invalidArgument, "the artifact is empty") }
        guard commit.artifact.count <= quotas.bytesPerArtifact else {
            throw RegistryError(
                .resourceExhausted,
                "the artifact has \(commit.artifact.count) bytes, the limit is \(quotas.bytesPerArtifact)")
        }
        try self.init(
            commit, digest: SHA256Digest.hex(commit.artifact), size: commit.artifact.count, artifact: commit.artifact)
    }

    /// For an artifact that is stored already, or one that comes with it.
    init(_ commit: EnrollmentCommit, digest: String, size: Int, artifact: [UInt8]? = nil) throws {
        var checked = commit
        checked.concept = try CheckedText.conceptName(commit.concept)
        checked.classNoun = try CheckedText.classNoun(commit.classNoun)
        checked.identifier = try CheckedText.identifier(commit.identifier)
        checked.reason = try CheckedText.reason(commit.reason)
        guard commit.threshold.isFinite else {
            throw RegistryError(.invalidArgument, "the threshold is not finite")
        }
        // -0 and 0 are one threshold and must be one content.
        checked.threshold = commit.threshold == 0 ? 0 : commit.threshold
        guard Hex.isDigest(commit.modelDigest) else {
            throw RegistryError(.invalidArgument, "the model's digest is not 64 lower-case hex digits")
        }
        guard (0...100_000).contains(commit.photoCount) else {
            throw RegistryError(.invalidArgument, "the number of photos is not within 0 to 100000")
        }
        checked.trainingRecord = try Self.canonical(commit.trainingRecord)
        self.commit = checked
        self.artifact = artifact
        self.size = size
        self.digest = digest
        var fields = FieldBytes()
        for text in [digest, checked.kind.rawValue, checked.classNoun, checked.identifier, checked.modelDigest] {
            fields.append(text)
        }
        fields.append(checked.threshold.bitPattern)
        content = SHA256Digest.hex(fields.bytes)
    }

    /// A field of the commit.
    subscript<Value>(dynamicMember field: KeyPath<EnrollmentCommit, Value>) -> Value { commit[keyPath: field] }

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
