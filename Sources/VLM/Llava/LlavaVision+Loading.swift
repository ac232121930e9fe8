internal import Compute

extension ConversationModel {
    /// Loads a downloaded LLaVA or LLaVA-NeXT checkpoint.
    package static func llava(
        directory: ModelDirectory, configuration json: [UInt8], options: LoadOptions
    ) throws -> ConversationModel {
        let configuration = try LlavaConfiguration(json: json, file: directory.file("config.json"))
        let (text, towerShape) = (try configuration.text(), try configuration.vision())
        let architecture = try text.architecture()
        try towerShape.validate(StatedNumbers(file: directory.file("config.json")).below("vision_config"))
        let checkpoint = try ConversationCheckpoint(
            directory, configuration: json, options: options,
            stated: ConversationCheckpoint.Stated(
                text: text, isTied: configuration.tie_word_embeddings ?? false, ends: configuration.eos_token_id,
                decoders: LlavaVision.decoders, heads: LlavaVision.heads))
        let vision = try LlavaVision(configuration, checkpoint)
        let first =
            text.bos_token_id ?? checkpoint.generation.bos_token_id ?? checkpoint.tokenizer.id(of: "<s>")
        return try checkpoint.model(
            configuration.model_type, vision: vision, language: checkpoint.language(),
            prompt: .standard(for: architecture), firstToken: architecture == .qwen2 ? nil : first)
    }
}

extension LlavaVision {
    // Where a LLaVA checkpoint keeps its tensors: the scheme changed with transformers 4.52.
    fileprivate static let decoders = [
        "model.language_model.", "language_model.model.", "model.language_model.model.", "model.",
    ]
    fileprivate static let heads = [
        "lm_head.weight", "language_model.lm_head.weight", "model.language_model.lm_head.weight",
    ]
    private static let projectors = ["model.multi_modal_projector.", "multi_modal_projector."]
    private static let newlines = ["model.image_newline", "image_newline"]

    fileprivate init(_ configuration: LlavaConfiguration, _ checkpoint: ConversationCheckpoint) throws {
        let shape = try configuration.vision()
        let (tensors, preprocessing) = (checkpoint.tensors, checkpoint.preprocessing)
        let processor = try ImageProcessor(
            json: preprocessing.bytes, file: preprocessing.file, imageSize: shape.imageSize)
        let blocks = try configuration.featureBlocks(of: shape.layers)
        let tower = try VisionTower(
            shape, tensors: tensors, prefixes: VisionTower.nestedPrefixes, blocks: blocks.max() ?? 0,
            withFinalNorm: false, storage: checkpoint.storage.forTower)
        let dropsClassToken = try configuration.dropsClassToken()
        let pinpoints = try Self.pinpoints(
            configuration, shape, tiles: checkpoint.options.tiles,
            features: tower.tokens - (dropsClassToken ? 1 : 0))
        let hasBias = configuration.multimodal_projector_bias ?? true
        let projector = try tensors.prefix(of: "linear_1.weight", among: Self.projectors)
        let hidden = checkpoint.shape.hiddenSize
        self.init(
            processor: processor, tower: tower,
            projector: Projector(
                first: try checkpoint.linear(
                    "\(projector)linear_1", inputs: shape.featureSize * blocks.count, hasBias: hasBias),
                second: try checkpoint.linear("\(projector)linear_2", inputs: hidden, hasBias: hasBias),
                activation: try BiasedLinear.Activation(named: configuration.projector_hidden_act ?? "gelu")),
            featureBlocks: blocks, dropsClassToken: dropsClassToken,
            newline: pinpoints.isEmpty
                ? nil
                : try Self.newlines.first { tensors.contains($0) }.map { try tensors.floats($0, shape: [hidden]) },
            pinpoints: pinpoints)
    }

    /// Sizes a picture may be tiled to; none unless that is asked for. Throws `unsupported` for more tiles than are run, or
    /// where a tile's `features` are no square.
    private static func pinpoints(
        _ configuration: LlavaConfiguration, _ shape: VisionTowerConfiguration, tiles: Bool, features: Int
    ) throws -> [(height: Int, width: Int)] {
        let pinpoints = configuration.isNext && tiles ? configuration.image_grid_pinpoints ?? [] : []
        for pair in pinpoints where pair[0] / shape.imageSize * (pair[1] / shape.imageSize) > ImageTiling.mostTiles {
            throw VLMError(
                .unsupported,
                "config.json: image_grid_pinpoints \(pair) are more than \(ImageTiling.mostTiles) tiles of a picture")
        }
        guard pinpoints.isEmpty || features == shape.side * shape.side else {
            throw VLMError(
                .unsupported,
                "config.json: vision_feature_select_strategy leaves no square of features to tile a picture with; load the "
                    + "model without tiles")
        }
        return pinpoints.map { ($0[0], $0[1]) }
    }
}
