import Foundation

/// `config.json` of a SmolVLM or SmolVLM2 checkpoint, which transformers runs as Idefics3 and SmolVLM.
struct SmolVLMConfiguration: Sendable, Decodable {
    let text_config: HubLanguageConfiguration?
    let vision_config: VisionTowerConfiguration?
    let scale_factor: Int?
    let tie_word_embeddings: Bool?
    let eos_token_id: LlavaConfiguration.TokenList?

    /// Patches on a side that become one visual token.
    var scale: Int { scale_factor ?? 2 }

    /// Reads a configuration; throws `checkpointMalformed` for numbers that cannot be, `unsupported` for shapes that are
    /// not run.
    init(json: [UInt8], file: String) throws {
        self = try CheckpointJSON.decode(Self.self, from: json, file: file, as: "configuration of a SmolVLM model")
        let stated = StatedNumbers(file: file)
        let vision = try vision()
        try vision.validate(stated.below("vision_config"))
        try stated.check("scale_factor", scale_factor, 1...64)
        guard vision.side % scale == 0 else {
            throw stated.malformed(
                "scale_factor \(scale) does not divide the \(vision.side) patches on a side that image_size "
                    + "\(vision.imageSize) and patch_size \(vision.patch) of vision_config make")
        }
    }

    /// The tower's configuration, whatever name its file gives the family; throws `checkpointMalformed` when there is none.
    func vision() throws -> VisionTowerConfiguration {
        guard let vision_config else { throw VLMError(.checkpointMalformed, "config.json has no vision_config") }
        return vision_config.of(.idefics3)
    }

    /// The decoder's configuration; throws `checkpointMalformed` when there is none, `unsupported` for another than Llama.
    func text() throws -> HubLanguageConfiguration {
        guard let text_config else { throw VLMError(.checkpointMalformed, "config.json has no text_config") }
        guard try text_config.architecture() == .llama else {
            throw VLMError(
                .unsupported, "the language model is a \(text_config.model_type ?? "llama"); SmolVLM's is a llama")
        }
        return text_config
    }
}
