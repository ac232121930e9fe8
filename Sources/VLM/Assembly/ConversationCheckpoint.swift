internal import Compute

/// A downloaded conversation model whose files are read and whose weights are opened, before its vision side is known.
struct ConversationCheckpoint {
    /// What `config.json` says of the language side, and where its tensors lie, newest scheme first.
    struct Stated {
        let text: HubLanguageConfiguration
        let isTied: Bool
        let ends: LlavaConfiguration.TokenList?
        let decoders: [String]
        let heads: [String]
        /// The key of the language side in the file; nil where the file is about nothing else.
        var part: String? = "text_config"
    }

    let directory: ModelDirectory
    let options: LoadOptions
    let text: HubLanguageConfiguration
    let shape: LlamaConfiguration
    let generation: GenerationConfiguration
    let tokenizer: any TextTokenizer
    let preprocessing: (bytes: [UInt8], file: String)
    let tensors: CheckpointTensors
    let storage: Weight.Storage
    /// Weight files beside those of `tensors`.
    private let others: [String]
    private let configuration: [UInt8]
    private let stated: Stated
    private let names: DecoderTensorNames
    private let headEncoder: CLIPImageEncoder?

    /// Reads everything but pictures' and weights' numbers; `json` is `config.json`, `preprocessing` how pictures are prepared
    /// where no file need say so, `others` are paths of weight files that the caller reads. Throws `checkpointUnreadable`,
    /// `checkpointMalformed` or `unsupported`.
    init(
        _ directory: ModelDirectory, configuration json: [UInt8], options: LoadOptions, stated: Stated,
        preprocessing given: (bytes: [UInt8], file: String)? = nil, others: [String] = []
    ) throws {
        self.directory = directory
        self.options = options
        self.stated = stated
        configuration = json
        text = stated.text
        self.others = others
        let numbers = StatedNumbers(file: directory.file("config.json"))
        shape = try text.configuration(stated.part.map { numbers.below($0) } ?? numbers)
        generation = try GenerationConfiguration(directory)
        tokenizer = try TokenizerFile.load(directory)
        preprocessing = try given ?? HubModelParts.preprocessing(directory)
        headEncoder = try options.headEncoder.map { try CLIPImageEncoder(directory: $0, storage: options.storage) }
        let stored = try CheckpointTensors(directory: directory)
        names = try DecoderTensorNames(stored, decoders: stated.decoders, heads: stated.heads)
        storage = try options.storage ?? Weight.Storage(storedAs: stored.elementType(names.embedding))
        tensors = stored.bounded(by: storage)
    }

    /// The decoder with its weights, which are memory-mapped and packed one tensor at a time. `update` gives what is added to
    /// a map, by its name and shape.
    func language(
        update: (_ name: String, _ shape: [Int]) throws -> LowRankFactors? = { _, _ in nil }
    ) throws -> LlamaModel {
        let isTied = text.isTied || stated.isTied
        let weights = try LlamaWeights(configuration: shape, storage: storage, progress: options.progress) { tensor in
            guard let name = try names.name(of: tensor, isTied: isTied) else { return nil }
            let size = tensor.shape(in: shape)
            if size.count == 2, let factors = try update(name, size) {
                var values = try tensors.floats(name, shape: size)
                try factors.merge(into: &values)
                try FiniteNumbers.check(values, limit: storage.largest, tensor: name, file: directory.path)
                return .values(values)
            }
            return size.count == 1
                ? .values(try tensors.floats(name, shape: size)) : .rows(try tensors.rows(name, shape: size))
        }
        return LlamaModel(weights: weights)
    }

    /// A map of the vision side without or with a bias.
    func linear(_ name: String, inputs: Int, hasBias: Bool) throws -> BiasedLinear {
        let hidden = shape.hiddenSize
        return try BiasedLinear(
            inputs: inputs, outputs: [hidden], storage: storage.forTower,
            parts: [
                (
                    try tensors.source("\(name).weight", shape: [hidden, inputs]),
                    hasBias ? try tensors.floats("\(name).bias", shape: [hidden]) : nil
                )
            ])
    }

    /// The model of all parts. Throws `checkpointMalformed` where tokens, sizes or the context do not fit each other.
    func model(
        _ name: String, vision: any ConversationVision, language: LlamaModel, prompt: ConversationPrompt,
        firstToken: Int32?, norm: ConceptNorm = .firstToken, training: ConceptTrainingDefaults = .published
    ) throws -> ConversationModel {
        let featureSize = headEncoder?.featureSize ?? vision.featureSize
        let side = headEncoder?.tower.configuration.side ?? vision.tower.configuration.side
        let model = ConversationModel(
            identity: ModelIdentity(
                name: name,
                digest: try HubModelParts.digest(
                    tensors, others: others,
                    [configuration, preprocessing.bytes] + HubModelParts.bankBytes(directory, options),
                    [storage.rawValue, prompt.name, "\(!vision.isTiled)", headEncoder?.digest ?? "tower"]),
                hiddenSize: shape.hiddenSize, featureSize: featureSize, gridRows: side, gridColumns: side),
            trainingDefaults: training,
            stopTokens: try HubModelParts.stopTokens(
                [stated.ends, text.eos_token_id, generation.eos_token_id], named: prompt.stop, tokenizer: tokenizer),
            negatives: try HubModelParts.bank(directory, options, featureSize: featureSize), vision: vision,
            language: ConceptLanguage(language, norm: norm), tokenizer: tokenizer, prompt: prompt,
            firstToken: firstToken,
            headEncoder: headEncoder)
        try HubModelParts.check(
            named: [
                "bos_token_id": [text.bos_token_id, generation.bos_token_id].compactMap { $0 },
                "the first token": [firstToken].compactMap { $0 },
                "eos_token_id": model.stopTokens, "a token of the prompt": model.leadingTokens,
            ], tokenizer: tokenizer, rows: shape.vocabularySize, folder: directory.path)
        try HubModelParts.check(
            context: shape.contextSize, picture: vision.mostTokens,
            prompt: model.leadingTokens.count + model.promptTokens(for: .caption(names: [])).count,
            folder: directory.path)
        return model
    }
}

extension ConceptTrainingDefaults {
    /// MyVLM's published settings for LLaVA captions: one row, 100 steps of AdamW at 1.0, lambda 0.0075 on the row.
    package static let published = ConceptTrainingDefaults(
        tokens: 1, steps: 100, learningRate: 1, gradientClip: 0.05, weightDecay: 1e-4, regularizerWeight: 0.0075,
        checkpoints: [25, 50, 75, 100])
}
