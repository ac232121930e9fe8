internal import Foundation

/// An enrollment whose every field has its documented form, with what identifies its content.
struct CheckedEnrollment: Sendable {
    let name: String
    let kind: ConceptRecord.Kind
    let classNoun: String
    let identifier: String
    let threshold: Double
    let modelDigest: String
    let photoCount: Int
    let trainingRecord: String
    let artifact: [UInt8]
    let digest: String
    /// Equal for equal artifact, kind, words, threshold and model: then it is the same version. The training record
    /// holds times of day and is left out.
    let content: String
    let reason: String
    let ifVersion: Int?

    init(_ commit: EnrollmentCommit, quotas: Quotas) throws {
        name = try NameRules.conceptName(commit.concept)
        kind = commit.kind
        classNoun = try NameRules.classNoun(commit.classNoun)
        identifier = try NameRules.identifier(commit.identifier)
        reason = try NameRules.reason(commit.reason)
        ifVersion = commit.ifVersion
        guard commit.threshold.isFinite else { throw RegistryError(.invalidArgument, "the threshold is not finite") }
        // -0 and 0 are one threshold and must be one content.
        threshold = commit.threshold == 0 ? 0 : commit.threshold
        guard Hex.isDigest(commit.modelDigest) else {
            throw RegistryError(.invalidArgument, "the model's digest is not 64 lower-case hex digits")
        }
        modelDigest = commit.modelDigest
        guard (0...100_000).contains(commit.photoCount) else {
            throw RegistryError(.invalidArgument, "the number of photos is not within 0 to 100000")
        }
        photoCount = commit.photoCount
        trainingRecord = try Self.canonical(commit.trainingRecord)
        guard !commit.artifact.isEmpty else { throw RegistryError(.invalidArgument, "the artifact is empty") }
        guard commit.artifact.count <= quotas.bytesPerArtifact else {
            throw RegistryError(
                .resourceExhausted,
                "the artifact has \(commit.artifact.count) bytes, the limit is \(quotas.bytesPerArtifact)")
        }
        artifact = commit.artifact
        digest = SHA256.hex(artifact)
        var fields = FieldBytes()
        for text in [digest, kind.rawValue, classNoun, identifier, modelDigest] { fields.append(text) }
        fields.append(threshold.bitPattern)
        content = SHA256.hex(fields.bytes)
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
