import Compute
import Foundations

/// A concept as requests work with it: what its artifact says, and what is computed from it once, when it is loaded.
struct ResidentConcept: Sendable {
    let manifest: ArtifactManifest
    private(set) var head: ConceptHead
    /// Rows beside the visual tokens, `[tokens, hidden]`.
    private(set) var embedding: Matrix
    /// Directions of the enrolled photos, `[photos, features]`, which look-alikes are told apart by; none for persons.
    private(set) var directions: Matrix
    /// The head's weights for centred features that are not whitened, `[features]`; none for persons.
    private(set) var dual: [Float]

    init(_ artifact: ConceptArtifact, space: FeatureSpace) {
        manifest = artifact.manifest
        head = artifact.head
        embedding = artifact.embedding
        switch artifact.head {
        case .object(let head):
            directions = space.unitRows(of: artifact.enrolledFeatures)
            dual = space.dual(of: head.weight)
        case .person:
            directions = Matrix(rows: 0, columns: artifact.enrolledFeatures.columns)
            dual = []
        }
    }

    /// Rows an answer compares a picture with.
    var rows: Int {
        switch head {
        case .object: directions.rows
        case .person(let head): head.keys.rows
        }
    }

    /// Zeroes its tensors where nobody else holds them.
    mutating func wipe() {
        head.wipe()
        embedding.values.wipe()
        directions.values.wipe()
        dual.wipe()
    }

    /// Bytes it takes in memory, tensors only.
    var bytes: Int {
        let head =
            switch head {
            case .object(let head): head.weight.count + 1
            case .person(let head): head.keys.values.count
            }
        return (head + embedding.values.count + directions.values.count + dual.count) * MemoryLayout<Float>.size
    }
}
