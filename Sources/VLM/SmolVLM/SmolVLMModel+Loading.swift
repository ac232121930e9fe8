internal import Compute

extension ConversationModel {
    /// Loads a downloaded SmolVLM or SmolVLM2 checkpoint.
    package static func smolVLM(
        directory: ModelDirectory, configuration json: [UInt8], options: LoadOptions
    ) throws -> ConversationModel {
        let configuration = try SmolVLMConfiguration(json: json, file: directory.file("config.json"))
        let checkpoint = try ConversationCheckpoint(
            directory, configuration: json, options: options,
            stated: ConversationCheckpoint.Stated(
                text: try configuration.text(), isTied: configuration.tie_word_embeddings ?? false,
                ends: configuration.eos_token_id, decoders: ["model.text_model."], heads: ["lm_head.weight"]))
        let shape = try configuration.vision()
        let pictures = try SmolVLMPictures(
            json: checkpoint.preprocessing.bytes, file: checkpoint.preprocessing.file, imageSize: shape.imageSize,
            tiles: options.tiles)
        let tokenizer = checkpoint.tokenizer
        let prompt = SmolVLMPrompt.form(isTiled: pictures.isTiled)
        for mark in prompt.marks { try SmolVLMPrompt.special(mark, tokenizer, folder: directory.path) }
        let tower = try VisionTower(
            shape, tensors: checkpoint.tensors, prefixes: ["model.vision_model."], blocks: shape.layers,
            withFinalNorm: true, storage: checkpoint.storage.forTower)
        let connector = try checkpoint.linear(
            "model.connector.modality_projection.proj",
            inputs: configuration.scale * configuration.scale * shape.featureSize, hasBias: false)
        let language = try checkpoint.language()
        let words =
            try pictures.isTiled
            ? SmolVLMWords(language, tokenizer: tokenizer, lines: pictures.mostLines, folder: directory.path) : nil
        try HubModelParts.check(
            named: ["a token between tiles": words?.all ?? []], tokenizer: tokenizer,
            rows: checkpoint.shape.vocabularySize, folder: directory.path)
        return try checkpoint.model(
            "smolvlm",
            vision: SmolVLMVision(
                pictures: pictures, tower: tower, scale: configuration.scale, connector: connector, words: words),
            language: language, prompt: prompt, firstToken: nil)
    }
}
