public import Registry
import Runtime
package import VLM

/// Tells the registry what artifacts are: the one look at whatever comes in, by enrollment, file or import, and at what
/// `scrub` finds.
package enum ArtifactInspection {
    /// An inspector for the artifacts of a model; without one, as far as it goes without.
    package static func inspector(for identity: ModelIdentity?) -> ArtifactInspector {
        { bytes in
            do {
                let artifact =
                    try identity.map { try ConceptArtifact(inspecting: bytes, for: $0) }
                    ?? ConceptArtifact(inspecting: bytes)
                return try ArtifactDescription(manifest: artifact.manifest)
            } catch let error as RuntimeError {
                throw RegistryError(
                    error.code == .modelMismatch ? .failedPrecondition : .invalidArgument, error.message, cause: error)
            }
        }
    }
}

extension LoadedModel {
    /// Looks at artifacts of this model.
    public var inspector: ArtifactInspector { ArtifactInspection.inspector(for: parts.model.identity) }

    /// Looks at artifacts as far as it goes without a model.
    public static var inspectorWithoutModel: ArtifactInspector { ArtifactInspection.inspector(for: nil) }
}

extension ArtifactDescription {
    init(manifest: ArtifactManifest) throws {
        self.init(
            kind: manifest.kind == .person ? .person : .object, classNoun: manifest.classNoun,
            identifier: manifest.identifier, threshold: Double(manifest.threshold), modelDigest: manifest.modelDigest,
            photoCount: manifest.photos, trainingRecord: try manifest.trainingJSON)
    }
}
