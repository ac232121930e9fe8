package import Compute
import Foundations
public import VLM

/// Everything the runtime needs to know one concept: a head, an embedding, and what it looked like in the enrolled
/// photos, so that later concepts of the same user can tell themselves apart from it.
///
/// Immutable. Its bytes are a safetensors file with the manifest as canonical JSON under the metadata key `manifest`;
/// the same content gives the same bytes.
public struct ConceptArtifact: Sendable, Equatable {
    /// What it says of itself.
    public let manifest: ArtifactManifest
    /// How it recognises.
    package let head: ConceptHead
    /// Rows beside the visual tokens, `[tokens, hidden]`; only their directions matter.
    package let embedding: Matrix
    /// Pooled features of the enrolled photos, `[photos, features]`, of things each the mean over the photo's views;
    /// rounded to half precision.
    package let enrolledFeatures: Matrix

    package init(manifest: ArtifactManifest, head: ConceptHead, embedding: Matrix, enrolledFeatures: Matrix) {
        self.manifest = manifest
        self.head = head
        self.embedding = embedding
        self.enrolledFeatures = enrolledFeatures
    }

    /// Throws `modelMismatch` when it was made for another frozen model.
    public func requireModel(_ identity: ModelIdentity) throws {
        guard manifest.modelDigest == identity.digest,
            manifest.insertionPoint == identity.insertionPoint.rawValue
        else {
            throw RuntimeError(
                .modelMismatch,
                "this version was made for \(Self.shown(manifest.modelName)) \(Self.shown(manifest.modelDigest)) "
                    + "(\(manifest.insertionPoint)), the server runs \(identity.name) \(identity.digest.prefix(12)) "
                    + "(\(identity.insertionPoint.rawValue)): its owner has it trained again with `myvlm reenroll`, or, "
                    + "where no photos were kept, with `myvlm enroll`")
        }
    }

    /// Words of a manifest from anywhere, as a message may repeat them.
    private static func shown(_ text: String) -> String {
        String(text.prefix(12).filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
    }
}

/// How a concept is recognised.
package enum ConceptHead: Sendable, Equatable {
    case object(ObjectHead)
    case person(PersonHead)

    /// Zeroes its numbers where nobody else holds them.
    mutating func wipe() {
        let empty = ConceptHead.person(PersonHead(keys: Matrix(rows: 0, columns: 0)))
        switch self {
        case .object(var head):
            // Given up first: what two hold is copied and not zeroed.
            self = empty
            head.weight.wipe()
        case .person(var head):
            self = empty
            head.keys.values.wipe()
        }
    }
}
