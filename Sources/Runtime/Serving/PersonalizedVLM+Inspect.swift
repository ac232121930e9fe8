import VLM

extension PersonalizedVLM {
    /// What artifact bytes from anywhere say of themselves. Throws `artifactMalformed` for bytes that are none, or hold
    /// what no enrollment makes, and `modelMismatch` for one of another model.
    public func inspect(_ artifact: [UInt8]) throws -> ArtifactManifest {
        try ConceptArtifact(inspecting: artifact, for: model.identity).manifest
    }
}

extension ArtifactManifest {
    /// What artifact bytes say of themselves, looked at as far as it goes without their model. Throws
    /// `artifactMalformed`.
    public static func inspect(_ artifact: [UInt8]) throws -> ArtifactManifest {
        try ConceptArtifact(inspecting: artifact).manifest
    }
}
