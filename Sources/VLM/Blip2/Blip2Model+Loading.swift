internal import Compute

extension Blip2Model {
    /// Loads a downloaded checkpoint. Weights are memory-mapped and packed one tensor at a time.
    package static func load(
        directory: ModelDirectory, configuration json: [UInt8], options: LoadOptions
    ) throws -> Blip2Model {
        let tokenizer = try TokenizerFile.load(directory)
        return try make(
            configuration: json, tensors: CheckpointTensors(directory: directory), tokenizer: tokenizer,
            preprocessing: HubModelParts.preprocessing(directory).bytes, options: options, directory: directory)
    }

    /// A model of parts; without a `directory` it has no bank of negatives.
    package static func make(
        configuration json: [UInt8], tensors stored: CheckpointTensors, tokenizer: any TextTokenizer,
        preprocessing: [UInt8], options: LoadOptions, directory: ModelDirectory? = nil
    ) throws -> Blip2Model {
        let folder = directory ?? ModelDirectory(path: stored.directory)
        let configuration = try Blip2Configuration(json: json, file: folder.file("config.json"))
        let (text, towerShape) = (try configuration.text(), try configuration.vision())
        let architecture = try text.architecture()
        try towerShape.validate(StatedNumbers(file: folder.file("config.json"), part: "vision_config."))
        let generation = try GenerationConfiguration(folder)
        let processor = try ImageProcessor(
            json: preprocessing, file: "\(folder.path): its image processor", imageSize: towerShape.imageSize)
        let headEncoder = try options.headEncoder.map { try CLIPImageEncoder(directory: $0, storage: options.storage) }

        let prefix = try stored.prefix(of: "query_tokens", among: ["", "model."])
        let type = try stored.elementType("\(prefix)qformer.encoder.layer.0.attention.attention.query.weight")
        let storage = options.storage ?? Weight.Storage(storedAs: type)
        let tensors = stored.bounded(by: storage)
        let tower = try VisionTower(
            towerShape, tensors: tensors, prefixes: ["\(prefix)vision_model."], blocks: towerShape.layers,
            withFinalNorm: true, storage: storage.forTower)
        let root = TensorScope(tensors: tensors, prefix: prefix, storage: storage.forTower)
        let scope = TensorScope(tensors: tensors, prefix: "\(prefix)language_model.", storage: storage)
        let language: any VisualLanguage =
            switch architecture {
            case .opt: try OPTLanguage(text, scope: scope, progress: options.progress)
            case .t5: try T5Language(text, scope: scope, progress: options.progress)
            }
        let qFormer = try QFormer(
            configuration.qFormer, queries: configuration.queries, visionSize: towerShape.featureSize,
            visualSize: language.visualSize, root: root)

        let featureSize = headEncoder?.featureSize ?? towerShape.featureSize
        let side = headEncoder?.tower.configuration.side ?? towerShape.side
        let stops = try HubModelParts.stopTokens(
            [text.eos_token_id, generation.eos_token_id], named: [], tokenizer: tokenizer)
        let model = Blip2Model(
            identity: ModelIdentity(
                name: "blip-2",
                digest: try HubModelParts.digest(
                    tensors, [json, preprocessing] + HubModelParts.bankBytes(folder, options),
                    [storage.rawValue, headEncoder?.digest ?? "tower"]),
                hiddenSize: towerShape.featureSize, featureSize: featureSize, gridRows: side, gridColumns: side,
                insertionPoint: .visionFeatures),
            trainingDefaults: .publishedBlip2, stopTokens: stops,
            negatives: try HubModelParts.bank(folder, options, featureSize: featureSize), processor: processor,
            tower: tower, qFormer: qFormer, language: language, tokenizer: tokenizer,
            prompt: Blip2Prompt(
                architecture: architecture,
                first: architecture == .opt ? text.bos_token_id ?? generation.bos_token_id ?? 2 : nil,
                last: architecture == .t5 ? text.eos_token_id?.ids.first ?? 1 : nil),
            headEncoder: headEncoder)
        try HubModelParts.check(
            named: [
                "bos_token_id": [text.bos_token_id, generation.bos_token_id].compactMap { $0 }, "eos_token_id": stops,
                "a token of the prompt": [model.prompt.first, model.prompt.last].compactMap { $0 },
            ], tokenizer: tokenizer, rows: language.vocabularySize, folder: folder.path)
        // What an encoder reads takes no room from the answer.
        try HubModelParts.check(
            context: language.contextSize, picture: configuration.queries, prompt: 2, folder: folder.path)
        return model
    }
}
