internal import Compute

extension ConversationModel {
    /// Loads MiniGPT-v2 from the folder of its Llama-2.
    package static func miniGPT(
        directory: ModelDirectory, configuration json: [UInt8], options: LoadOptions
    ) throws -> ConversationModel {
        let file = directory.file("config.json")
        let files = try MiniGPTFiles(directory)
        let text = try CheckpointJSON.decode(
            HubLanguageConfiguration.self, from: json, file: file, as: "configuration of a language model")
        let pictures = try MiniGPTPictures(directory)
        let checkpoint = try ConversationCheckpoint(
            directory, configuration: json, options: options,
            stated: ConversationCheckpoint.Stated(
                text: text, isTied: false, ends: nil, decoders: ["model."], heads: ["lm_head.weight"], part: nil),
            preprocessing: (pictures.json, pictures.file), others: [files.tower, files.checkpoint])
        let storage = checkpoint.storage.forTower
        let tower = try VisionTower(
            eva: PickledTensors(
                files.tower, having: VisionTower.evaPatches, below: ["", "model."], limit: storage.largest),
            imageSize: pictures.imageSize, storage: storage)
        let tensors = try PickledTensors(
            files.checkpoint, having: MiniGPTAdapter.projection, below: ["model.", ""],
            limit: checkpoint.storage.largest)
        let adapter = MiniGPTAdapter(tensors)
        var used: Set<String> = []
        let language = try checkpoint.language { name, shape in
            let factors = try adapter.factors(of: name, shape: shape)
            if factors != nil { used.insert(name) }
            return factors
        }
        try adapter.check(used: used, folder: directory.path)
        return try checkpoint.model(
            "minigpt-v2",
            vision: MiniGPTVision(
                tensors, processor: pictures.processor, tower: tower, hidden: checkpoint.shape.hiddenSize,
                storage: storage),
            language: language, prompt: .miniGPT,
            firstToken: text.bos_token_id ?? checkpoint.generation.bos_token_id ?? checkpoint.tokenizer.id(of: "<s>"),
            norm: .meanOfTokens, training: .publishedMiniGPT)
    }
}

extension MiniGPTVision {
    /// Projection and norm of the checkpoint. Throws `checkpointMalformed` where they do not fit the tower.
    fileprivate init(
        _ tensors: PickledTensors, processor: ImageProcessor, tower: VisionTower, hidden: Int, storage: Weight.Storage
    ) throws {
        let shape = tower.configuration
        let (width, patches) = (shape.featureSize, shape.side * shape.side)
        guard patches % Self.joined == 0 else {
            throw StatedNumbers(file: tensors.file).malformed(
                "pictures of \(shape.imageSize) pixels have \(patches) patches, which are no groups of \(Self.joined)")
        }
        self.processor = processor
        self.tower = tower
        // A frozen norm is not saved, and nothing was ever loaded into it.
        let isSaved = tensors.contains("ln_vision.weight")
        norm = TransformerStack.Norm(
            weight: isSaved ? try tensors.floats("ln_vision.weight", [width]) : [Float](repeating: 1, count: width),
            bias: isSaved ? try tensors.floats("ln_vision.bias", [width]) : nil)
        let inputs = Self.joined * width
        projection = try BiasedLinear(
            inputs: inputs, outputs: [hidden], storage: storage,
            parts: [
                (
                    try tensors.source(MiniGPTAdapter.projection, [hidden, inputs]),
                    try tensors.floats("llama_proj.bias", [hidden])
                )
            ])
    }
}

/// How MiniGPT-v2 sees a picture: squeezed to a square of 448 pixels, unless `preprocessor_config.json` states another.
private struct MiniGPTPictures {
    let json: [UInt8]
    let file: String
    let imageSize: Int
    let processor: ImageProcessor

    private static let name = "preprocessor_config.json"
    private static let published =
        #"{"image_processor_type": "BlipImageProcessor", "size": {"height": 448, "width": 448}, "resample": 3}"#

    private struct File: Decodable {
        struct Size: Decodable { let height: Int }
        let size: Size
    }

    init(_ directory: ModelDirectory) throws {
        file = directory.file(Self.name)
        json = directory.has(Self.name) ? try directory.bytes(Self.name) : Array(Self.published.utf8)
        imageSize = try CheckpointJSON.decode(
            File.self, from: json, file: file, as: "configuration of MiniGPT-v2's pictures"
        ).size.height
        processor = try ImageProcessor(json: json, file: file, imageSize: imageSize)
    }
}

extension ConceptTrainingDefaults {
    /// MyVLM's published settings for MiniGPT-v2: 200 steps, lambda 1.0 on the row as a mean over the four samples of a step;
    /// ours is summed over them.
    package static let publishedMiniGPT = ConceptTrainingDefaults(
        tokens: 1, steps: 200, learningRate: 1, gradientClip: 0.05, weightDecay: 1e-4, regularizerWeight: 0.25,
        checkpoints: [50, 100, 150, 200])
}
