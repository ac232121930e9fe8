import Compute
import Runtime
import VLM
import VLMTestSupport

enum TinyModels {
    /// A second model of the same shape.
    static func other() throws -> any CompleteVLM { try TinyVLM.make(seed: 2) }
}

extension ConceptArtifact {
    /// The same concept answering to another word.
    func renamed(_ identifier: String) -> ConceptArtifact {
        let identity = ModelIdentity(
            name: manifest.modelName, digest: manifest.modelDigest, hiddenSize: embedding.columns,
            featureSize: enrolledFeatures.columns, gridRows: 1, gridColumns: 1)
        return ConceptArtifact(
            manifest: ArtifactManifest(
                kind: manifest.kind, identifier: identifier, classNoun: manifest.classNoun, model: identity,
                threshold: manifest.threshold, photos: manifest.photos, seed: manifest.seed,
                training: manifest.training),
            head: head, embedding: embedding, enrolledFeatures: enrolledFeatures)
    }

    /// The same head with every row of the embedding turned the other way.
    func reversed() -> ConceptArtifact {
        let rows = Matrix(
            rows: embedding.rows, columns: embedding.columns, values: embedding.values.map { -$0 })
        return ConceptArtifact(manifest: manifest, head: head, embedding: rows, enrolledFeatures: enrolledFeatures)
    }
}
