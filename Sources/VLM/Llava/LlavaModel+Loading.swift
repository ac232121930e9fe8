internal import Compute
import Foundation

extension LlavaModel {
    /// Loads a downloaded checkpoint. Weights are memory-mapped and packed one tensor at a time.
    package static func load(
        directory: ModelDirectory, configuration json: [UInt8], options: LoadOptions
    ) throws -> LlavaModel {
        let configuration = try LlavaConfiguration(json: json, file: directory.file("config.json"))
        let stated = StatedNumbers(file: directory.file("config.json"))
        let (text, towerShape) = (try configuration.text(), try configuration.vision())
        let architecture = try text.architecture()
        let shape = try text.configuration(stated.below("text_config"))
        try towerShape.validate(stated.below("vision_config"))
        let generation = try GenerationConfiguration(directory)
        let tokenizer = try TokenizerFile.load(directory)
        let preprocessing = try HubModelParts.preprocessing(directory)
        let processor = try ImageProcessor(
            json: preprocessing.bytes, file: preprocessing.file, imageSize: towerShape.imageSize)
        let headEncoder = try options.headEncoder.map { try CLIPImageEncoder(directory: $0, storage: options.storage) }

        let stored = try CheckpointTensors(directory: directory)
        let names = try LlavaTensorNames(stored)
        let storage = try options.storage ?? Weight.Storage(storedAs: stored.elementType(names.embedding))
        let tensors = stored.bounded(by: storage)
        let vision = try vision(
            configuration, tensors: tensors, names: names, processor: processor, hidden: shape.hiddenSize,
            storage: storage.forTower, tiles: options.tiles)
        let isTied = text.isTied || configuration.tie_word_embeddings ?? false
        let weights = try LlamaWeights(configuration: shape, storage: storage, progress: options.progress) { tensor in
            guard let name = try names.name(of: tensor, isTied: isTied) else { return nil }
            let size = tensor.shape(in: shape)
            return size.count == 1
                ? .values(try tensors.floats(name, shape: size)) : .rows(try tensors.rows(name, shape: size))
        }
        let language = ConceptLanguage(LlamaModel(weights: weights))

        let prompt = LlavaPrompt.standard(for: architecture)
        let featureSize = headEncoder?.featureSize ?? vision.featureSize
        let side = headEncoder?.tower.configuration.side ?? vision.side
        let model = LlavaModel(
            identity: ModelIdentity(
                name: configuration.model_type,
                digest: try HubModelParts.digest(
                    tensors, [json, preprocessing.bytes] + HubModelParts.bankBytes(directory, options),
                    [storage.rawValue, prompt.name, "\(vision.pinpoints.isEmpty)", headEncoder?.digest ?? "tower"]),
                hiddenSize: shape.hiddenSize, featureSize: featureSize, gridRows: side, gridColumns: side),
            trainingDefaults: .published,
            stopTokens: try HubModelParts.stopTokens(
                [configuration.eos_token_id, text.eos_token_id, generation.eos_token_id], named: prompt.stop,
                tokenizer: tokenizer),
            negatives: try HubModelParts.bank(directory, options, featureSize: featureSize), vision: vision,
            language: language,
            tokenizer: tokenizer, prompt: prompt,
            firstToken: architecture == .qwen2
                ? nil : text.bos_token_id ?? generation.bos_token_id ?? tokenizer.id(of: "<s>"),
            headEncoder: headEncoder)
        try HubModelParts.check(
            named: [
                "bos_token_id": [text.bos_token_id, generation.bos_token_id].compactMap { $0 },
                "the first token": [model.firstToken].compactMap { $0 },
                "eos_token_id": model.stopTokens, "a token of the prompt": model.leadingTokens,
            ], tokenizer: tokenizer, rows: shape.vocabularySize, folder: directory.path)
        try HubModelParts.check(
            context: shape.contextSize, picture: vision.mostTokens,
            prompt: model.leadingTokens.count + model.promptTokens(for: .caption(names: [])).count,
            folder: directory.path)
        return model
    }

    private static func vision(
        _ configuration: LlavaConfiguration, tensors: CheckpointTensors, names: LlavaTensorNames,
        processor: ImageProcessor, hidden: Int, storage: Weight.Storage, tiles: Bool
    ) throws -> LlavaVision {
        let shape = try configuration.vision()
        let blocks = try configuration.featureBlocks(of: shape.layers)
        let tower = try VisionTower(
            shape, tensors: tensors, prefixes: VisionTower.nestedPrefixes, blocks: blocks.max() ?? 0,
            withFinalNorm: false, storage: storage)
        let hasBias = configuration.multimodal_projector_bias ?? true
        let inputs = shape.featureSize * blocks.count
        func linear(_ name: String, _ inputs: Int) throws -> BiasedLinear {
            try BiasedLinear(
                inputs: inputs, outputs: [hidden], storage: storage,
                parts: [
                    (
                        try tensors.source("\(names.projector)\(name).weight", shape: [hidden, inputs]),
                        hasBias ? try tensors.floats("\(names.projector)\(name).bias", shape: [hidden]) : nil
                    )
                ])
        }
        let pinpoints = configuration.isNext && tiles ? configuration.image_grid_pinpoints ?? [] : []
        for pair in pinpoints where pair[0] / shape.imageSize * (pair[1] / shape.imageSize) > ImageTiling.mostTiles {
            throw VLMError(
                .unsupported,
                "config.json: image_grid_pinpoints \(pair) are more than \(ImageTiling.mostTiles) tiles of a picture")
        }
        // A tile's features are laid out as a square.
        let dropped = try configuration.dropsClassToken() ? 1 : 0
        guard pinpoints.isEmpty || tower.tokens - dropped == shape.side * shape.side else {
            throw VLMError(
                .unsupported,
                "config.json: vision_feature_select_strategy leaves no square of features to tile a picture with; load the "
                    + "model without tiles")
        }
        return LlavaVision(
            processor: processor, tower: tower,
            projector: LlavaVision.Projector(
                first: try linear("linear_1", inputs), second: try linear("linear_2", hidden),
                activation: try BiasedLinear.Activation(named: configuration.projector_hidden_act ?? "gelu")),
            featureBlocks: blocks, dropsClassToken: try configuration.dropsClassToken(),
            newline: pinpoints.isEmpty ? nil : try names.newline.map { try tensors.floats($0, shape: [hidden]) },
            pinpoints: pinpoints.map { ($0[0], $0[1]) })
    }
}

extension ConceptTrainingDefaults {
    /// MyVLM's published settings for LLaVA captions: one row, 100 steps of AdamW at 1.0, lambda 0.0075 on the row.
    package static let published = ConceptTrainingDefaults(
        tokens: 1, steps: 100, learningRate: 1, gradientClip: 0.05, weightDecay: 1e-4, regularizerWeight: 0.0075,
        checkpoints: [25, 50, 75, 100])
}
