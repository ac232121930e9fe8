package import Compute
import Foundations

extension PocketModel {
    /// Positions of a side of the visual grid.
    package static let gridSide = 7

    /// The language model's weights unless another storage is asked for: half the memory and twice the speed of 32-bit
    /// floats, at a change of the perplexity far below one percent.
    package static let standardStorage = Weight.Storage.bfloat16

    /// Loads a model directory with the language model's weights kept as `storage`.
    package static func load(directory path: String, storage: Weight.Storage) throws -> PocketModel {
        let directory = ModelDirectory(path: path)
        return try load(directory: directory, configuration: directory.bytes("config.json"), storage: storage)
    }

    /// Loads a model directory; every listed file is checked against its digest first.
    static func load(
        directory: ModelDirectory, configuration json: [UInt8], storage: Weight.Storage = standardStorage
    ) throws -> PocketModel {
        let configuration = try PocketConfiguration(json: json, file: directory.file("config.json"))
        let used =
            [
                configuration.vision.file, configuration.projector.file, configuration.language.file,
                configuration.tags.file, "bank.safetensors",
            ]
            + [
                configuration.language.lora?.file, configuration.tags.words, configuration.sketch?.file,
                configuration.sketch?.words,
            ].compactMap { $0 }
        for name in used where configuration.files[name] == nil {
            throw VLMError(.checkpointMalformed, "config.json uses \(name) but lists no digest for it")
        }
        try directory.verify(configuration.files.mapValues(\.sha256))

        let factors = try configuration.language.lora.map { try SafetensorsFile(contentsOf: directory.file($0.file)) }
        let gguf = try GGUFFile(contentsOf: directory.file(configuration.language.file))
        let language = try PocketLanguage.load(
            gguf: gguf, factors: factors, scale: configuration.language.lora?.scale ?? 0, storage: storage)
        let projector = try SafetensorsFile(contentsOf: directory.file(configuration.projector.file))
        let encoder = try PocketEncoder(configuration.vision, directory: directory)
        let words = try configuration.tags.words.map {
            try WordRows(SafetensorsFile(contentsOf: directory.file($0)), features: EfficientNetShape.headChannels)
        }
        let tags = try TagTable(
            json: directory.bytes(configuration.tags.file), count: configuration.tags.count,
            minimum: configuration.tags.minimum_probability)
        let classes = EfficientNetShape.classes + (words?.count ?? 0)
        guard tags.classes == classes else {
            throw VLMError(.checkpointMalformed, "the class list has \(tags.classes) entries, expected \(classes)")
        }
        return try PocketModel(
            identity: ModelIdentity(
                name: "pocket", digest: try digest(of: configuration), hiddenSize: language.configuration.hiddenSize,
                featureSize: EfficientNetShape.headChannels, gridRows: gridSide, gridColumns: gridSide),
            trainingDefaults: configuration.trainingDefaults, vision: encoder,
            projector: Projector(
                first: try projector.matrix("projector.linear1.weight"),
                firstBias: try projector.floats("projector.linear1.bias"),
                second: try projector.matrix("projector.linear2.weight"),
                secondBias: try projector.floats("projector.linear2.bias"),
                places: configuration.projector.places),
            sketch: try configuration.sketch.map { try Sketcher($0, directory: directory) }, words: words, tags: tags,
            prompt: configuration.prompt, tokenizer: try ByteLevelBPE(gguf: gguf),
            language: language,
            negatives: try NegativeBank(SafetensorsFile(contentsOf: directory.file("bank.safetensors"))))
    }

    /// SHA-256 over the digests of all parts, preprocessing, tag rule and prompts; the training defaults are left out.
    ///
    /// The negative bank counts, since heads subtract its mean, and so do the face models, since a person's keys are
    /// their output: an artifact made with others would fire differently without anybody noticing.
    private static func digest(of configuration: PocketConfiguration) throws -> String {
        let parts = configuration.files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.sha256)" }
        let vision = configuration.vision
        let prompt = configuration.prompt
        let rules = [
            vision.variant, "\(vision.image_size)", "\(vision.mean)", "\(vision.std)", "\(vision.batch_norm_epsilon)",
            "\(configuration.language.lora?.scale ?? 0)", "\(configuration.tags.count)",
            "\(configuration.tags.minimum_probability)", prompt.prefix, prompt.caption, prompt.caption_named,
            prompt.question, prompt.question_named, prompt.separator, prompt.names_separator, NegativeBank.rule,
        ]
        let places = configuration.projector.places.map { ["places=\($0)"] } ?? []
        let sketch =
            configuration.sketch.map { ["sketch=\($0.heads) \($0.beams) \($0.length_penalty) \($0.limit)"] } ?? []
        return SHA256Digest.hex(
            Array((parts + rules + places + sketch + prompt.stop).joined(separator: "\u{1f}").utf8))
    }
}

/// Preprocessing and EfficientNet-Lite.
struct PocketEncoder: PocketModel.Vision {
    private let network: EfficientNetLite
    private let size: Int
    private let mean: [Float]
    private let deviation: [Float]

    init(_ configuration: PocketConfiguration.Vision, directory: ModelDirectory) throws {
        guard let variant = EfficientNetShape.Variant(rawValue: configuration.variant) else {
            let known = EfficientNetShape.Variant.allCases.map(\.rawValue).joined(separator: ", ")
            throw VLMError(.unsupported, "the encoder \(configuration.variant) is not supported; \(known) are")
        }
        guard EfficientNetShape(variant).side(ofPicture: configuration.image_size) == PocketModel.gridSide else {
            throw VLMError(
                .checkpointMalformed,
                "config.json: vision.image_size \(configuration.image_size) gives no map of \(PocketModel.gridSide) x "
                    + "\(PocketModel.gridSide) places")
        }
        network = try EfficientNetLite(
            stateDict: PyTorchStateDict(contentsOf: directory.file(configuration.file)), variant: variant,
            epsilon: configuration.batch_norm_epsilon)
        size = configuration.image_size
        mean = configuration.mean
        deviation = configuration.std
    }

    /// The whole picture, resized without crop, each channel (value / 255 - mean) / std.
    func encode(_ image: RGBImage) -> (map: Matrix, pooled: [Float], logits: [Float]) {
        let resized = image.resized(width: size, height: size)
        let pixels = resized.pixels.enumerated().map { index, value in
            (Float(value) / 255 - mean[index % 3]) / deviation[index % 3]
        }
        let output = network(pixels, size: size)
        return (output.map, output.pooled, output.logits)
    }
}
