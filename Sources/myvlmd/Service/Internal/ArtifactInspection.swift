public import Registry
import Runtime
package import VLM

/// Describes artifacts to the registry: the one inspection of everything that comes in, by enrollment, file or import,
/// and of what `scrub` finds.
package enum ArtifactInspection {
    /// An inspector for the artifacts of a model; without a model it checks what can be checked without one.
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
    /// Inspects artifacts of this model.
    public var inspector: ArtifactInspector { ArtifactInspection.inspector(for: parts.model.identity) }

    /// Inspects artifacts as far as possible without a model.
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
