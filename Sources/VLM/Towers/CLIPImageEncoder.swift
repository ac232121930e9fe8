package import Compute
import Foundation
import Foundations

/// `CLIPVisionModelWithProjection`: the image side of a CLIP model, which concept heads read (MyVLM uses DFN5B ViT-H).
///
/// Immutable after loading; safe from any thread.
package struct CLIPImageEncoder: Sendable {
    package let processor: ImageProcessor
    package let tower: VisionTower
    let projection: BiasedLinear
    /// SHA-256 over everything that decides its numbers.
    package let digest: String

    /// Numbers of an embedding.
    package var featureSize: Int { tower.configuration.projection }

    private struct File: Decodable {
        let model_type: String?
        let vision_config: VisionTowerConfiguration?
        let projection_dim: Int?
    }

    /// Names that `model_type` may have.
    package static let supportedTypes = ["clip", "clip_vision_model"]

    /// Loads a folder with `config.json`, weights and `preprocessor_config.json`.
    package init(directory path: String, storage chosen: Weight.Storage? = nil) throws {
        let directory = ModelDirectory(downloaded: path)
        let json = try directory.bytes("config.json")
        let configured = StatedNumbers(file: directory.file("config.json"))
        let file = try CheckpointJSON.decode(File.self, from: json, file: configured.file, as: "CLIP configuration")
        let own = try CheckpointJSON.decode(
            VisionTowerConfiguration.self, from: json, file: configured.file, as: "CLIP configuration")
        guard let type = file.model_type, Self.supportedTypes.contains(type) else {
            throw VLMError(
                .unsupported,
                "\(path) holds a model of the type \(file.model_type ?? "(none)"); a head encoder is one of "
                    + Self.supportedTypes.joined(separator: ", "))
        }
        var configuration = type == "clip" ? file.vision_config ?? own : own
        if type == "clip", configuration.projection_dim == nil {
            configuration = configuration.with(projection: file.projection_dim)
        }
        try configuration.validate(
            type == "clip" && file.vision_config != nil ? configured.below("vision_config") : configured)
        let preprocessing = try HubModelParts.preprocessing(directory)
        processor = try ImageProcessor(
            json: preprocessing.bytes, file: preprocessing.file, imageSize: configuration.imageSize)
        var tensors = try CheckpointTensors(directory: directory)
        let prefix = try tensors.prefix(
            of: "embeddings.patch_embedding.weight", among: VisionTower.ownPrefixes)
        let stored = try tensors.elementType(prefix + "embeddings.patch_embedding.weight")
        let storage = (chosen ?? Weight.Storage(storedAs: stored)).forTower
        tensors = tensors.bounded(by: storage)
        tower = try VisionTower(
            configuration, tensors: tensors, prefixes: [prefix], blocks: configuration.layers, withFinalNorm: true,
            storage: storage)
        guard tower.family == .clip else {
            throw VLMError(.unsupported, "a head encoder is a CLIP tower; \(path) is another")
        }
        let (size, width) = (configuration.projection, configuration.featureSize)
        projection = try BiasedLinear(
            inputs: width, outputs: [size], storage: storage,
            parts: [(try tensors.source("visual_projection.weight", shape: [size, width]), nil)])
        digest = SHA256Digest.hex(
            Array(try FileDigest.sha256(contentsOfAll: tensors.paths).joined().utf8) + json
                + preprocessing.bytes)
    }

    /// The projected image embedding (`image_embeds`, not normalised) and the same map of every patch,
    /// `[side * side, featureSize]`, from top left row by row.
    ///
    /// Patches go through the last norm and the projection as the class token does: what CLIP says of a place.
    package func encode(_ image: RGBImage) -> (embedding: [Float], map: Matrix) { encode(pixels: processor(image)) }

    /// What the map of a picture of so many pixels lies over.
    func area(width: Int, height: Int) -> PictureBox {
        tower.configuration.area(of: processor.area(width: width, height: height))
    }

    /// The same for normalised pixels `[3, imageSize, imageSize]`.
    package func encode(pixels: [Float]) -> (embedding: [Float], map: Matrix) {
        let last = tower.hiddenStates(of: pixels, after: [tower.configuration.layers])[0]
        let projected = projection(tower.finallyNormed(last))
        return (
            Array(projected.row(0)),
            Matrix(
                rows: projected.rows - 1, columns: projected.columns,
                values: Array(projected.values[projected.columns...]))
        )
    }
}
