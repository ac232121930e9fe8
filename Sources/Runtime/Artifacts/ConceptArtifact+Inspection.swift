import Compute
import Rules
package import VLM

/// The one look every artifact gets, whichever way it came in and before any answer works with it: it must be what an
/// enrollment makes. Whatever passes costs an answer no more than an enrollment's would, and cannot spoil the numbers of
/// the concepts beside it.
extension ConceptArtifact {
    /// Bytes of a manifest: twenty photos' digests and settings take two KiB.
    static let maximumManifestBytes = 16 << 10
    /// Rows of an embedding.
    static let maximumEmbeddingRows = 16
    /// Bounds far beyond what a training reaches, and far within what arithmetic bears.
    private enum Largest {
        static let headWeight: Float = 1e4
        static let embeddingNorm: Float = 1e6
        /// The largest half-precision number: features are stored so.
        static let feature: Float = 65_504
        static let faceNorm: Float = 10
    }

    /// Bytes an artifact of this model has at most.
    package static func largestBytes(for identity: ModelIdentity) -> Int {
        let photos = Bounds.photos.upperBound
        let floats = identity.featureSize + 1 + photos * 128 + maximumEmbeddingRows * identity.hiddenSize
        return 4 * floats + 2 * photos * identity.featureSize + maximumManifestBytes + 4 << 10
    }

    /// Reads bytes that may come from anywhere. Throws `modelMismatch` for another frozen model's and `artifactMalformed`,
    /// with the reason, for everything an enrollment does not make: shape, number of rows, numbers, words.
    package init(inspecting bytes: [UInt8], for identity: ModelIdentity) throws {
        self = try ConceptArtifact(decoding: bytes)
        try requireSoundManifest()
        try requireModel(identity)
        guard bytes.count <= Self.largestBytes(for: identity) else {
            throw Self.unusual("it has \(bytes.count) bytes")
        }
        try requireShapes(of: identity)
        try requireUsualNumbers()
    }

    /// The same where no model is loaded: what can be told without one.
    package init(inspecting bytes: [UInt8]) throws {
        self = try ConceptArtifact(decoding: bytes)
        try requireSoundManifest()
        try requireUsualNumbers()
    }

    private func requireSoundManifest() throws {
        try RuleError.told(as: { Self.unusual($0.message) }) { () throws(RuleError) in
            _ = try NameRules.identifier(manifest.identifier, what: "its identifier")
            _ = try NameRules.classNoun(manifest.classNoun, what: "its class")
        }
        let digests = manifest.training.photoDigests
        let areDigests = digests.allSatisfy {
            $0.utf8.count <= 64 && $0.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        }
        guard try manifest.encoded().utf8.count <= Self.maximumManifestBytes, digests.count <= Bounds.photos.upperBound,
            areDigests
        else { throw Self.unusual("its training record says more than an enrollment writes down") }
        let firesAsEnrolled =
            switch manifest.kind {
            case .object: (ObjectHead.threshold...1).contains(manifest.threshold)
            case .person: manifest.threshold > 0 && manifest.threshold <= PersonHead.threshold
            }
        guard firesAsEnrolled else { throw Self.unusual("it would fire more readily than an enrolled one") }
    }

    /// Throws when tensors do not have the sizes of the model they name.
    private func requireShapes(of identity: ModelIdentity) throws {
        var fits = embedding.columns == identity.hiddenSize && enrolledFeatures.columns == identity.featureSize
        if case .object(let head) = head { fits = fits && head.weight.count == identity.featureSize }
        guard fits else { throw Self.unusual("its tensors do not have the sizes of \(identity.name)") }
    }

    private func requireUsualNumbers() throws {
        let photos = manifest.photos
        var fits =
            (1...Self.maximumEmbeddingRows).contains(embedding.rows)
            && Bounds.photos.contains(photos) && enrolledFeatures.rows == photos
        if case .person(let head) = head { fits = fits && (1...photos).contains(head.keys.rows) }
        guard fits else {
            throw Self.unusual("it holds other rows than those of 1 to \(Bounds.photos.upperBound) photos")
        }
        // Comparisons with NaN are false, so these refuse it too.
        let sound =
            switch head {
            case .object(let head):
                Self.norm(head.weight[...]) <= Largest.headWeight && abs(head.bias) <= Largest.headWeight
            case .person(let head):
                (0..<head.keys.rows).allSatisfy {
                    let norm = Self.norm(head.keys.row($0))
                    return norm > 0 && norm <= Largest.faceNorm
                }
            }
        let rows = (0..<embedding.rows).allSatisfy {
            let norm = Self.norm(embedding.row($0))
            return norm > 0 && norm <= Largest.embeddingNorm
        }
        guard sound, rows, enrolledFeatures.values.allSatisfy({ abs($0) <= Largest.feature }) else {
            throw Self.unusual("its numbers are outside of what a training gives")
        }
    }

    private static func norm(_ values: ArraySlice<Float>) -> Float {
        Float(values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
    }

    private static func unusual(_ what: String) -> RuntimeError {
        RuntimeError(.artifactMalformed, "no enrollment makes such an artifact: \(what); enroll again")
    }
}
