import Compute
import VLM

extension PersonalizedVLM {
    /// What artifact bytes from anywhere say of themselves. Throws `artifactMalformed` for bytes that are no artifact, or
    /// hold more than an enrollment makes, and `modelMismatch` for one of another model.
    public func inspect(_ artifact: [UInt8]) throws -> ArtifactManifest {
        let concept = try ConceptArtifact(decoding: artifact)
        try concept.requireModel(model.identity)
        try concept.requireShapes(of: model.identity)
        try concept.requireUsualSizes()
        return concept.manifest
    }
}

extension ConceptArtifact {
    /// Throws `artifactMalformed` where a tensor is larger than any enrollment makes it: answers would pay for it.
    func requireUsualSizes() throws {
        var fits =
            (1...16).contains(embedding.rows) && enrolledFeatures.rows <= Enroller.maximumPhotos
            && (1...Enroller.maximumPhotos).contains(manifest.photos)
        if case .person(let head) = head { fits = fits && head.keys.rows <= Enroller.maximumPhotos }
        guard fits else {
            throw RuntimeError(.artifactMalformed, "the artifact holds more than \(Enroller.maximumPhotos) photos give")
        }
    }
}
