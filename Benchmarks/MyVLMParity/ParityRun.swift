import Compute
import Foundation
import Runtime
import VLM

/// Runs a request and collects every number of it that a reference can be compared with.
package struct ParityRun {
    let request: ParityRequest
    private let folder: String
    var output = SafetensorsWriter()

    /// Runs the request of a file; the answer is safetensors bytes.
    package static func answer(_ path: String) throws -> [UInt8] {
        let request = try ParityRequest(contentsOf: path)
        var run = ParityRun(request, folder: URL(filePath: path).deletingLastPathComponent().path())
        let storage = try Weight.Storage(option: request.format)
        let json = try ModelDirectory(path: run.resolved(request.model)).bytes("config.json")
        if String(decoding: json, as: UTF8.self).contains("\"clip_vision_model\""), request.targets.isEmpty {
            try run.encode(CLIPImageEncoder(directory: run.resolved(request.model), storage: storage))
        } else {
            let options = LoadOptions(
                storage: storage, tiles: request.tiles, headEncoder: request.head_encoder.map(run.resolved))
            let model = try VLMLoader.load(directory: run.resolved(request.model), options: options)
            if let model = model as? ConversationModel {
                try run.describe(model)
            } else if let model = model as? Blip2Model {
                try run.describe(model)
            } else {
                throw VLMError(.unsupported, "\(request.model) is neither a conversation model nor a BLIP-2 checkpoint")
            }
        }
        return try run.output.encoded()
    }

    private init(_ request: ParityRequest, folder: String) {
        self.request = request
        self.folder = folder
    }

    private func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    func pictures() throws -> [RGBImage] {
        try request.images.map { path in
            guard let data = FileManager.default.contents(atPath: resolved(path)) else {
                throw VLMError(.invalidArgument, "the picture \(path) cannot be read")
            }
            return try RGBImage(decoding: [UInt8](data))
        }
    }

    mutating func add(_ name: String, _ matrix: Matrix) {
        output.add(name, shape: [matrix.rows, matrix.columns], floats: matrix.values)
    }

    mutating func add(_ name: String, _ tokens: [Int32]) {
        output.add(name, shape: [tokens.count], int64s: tokens.map(Int64.init))
    }

    private mutating func encode(_ encoder: CLIPImageEncoder) throws {
        for (index, picture) in try pictures().enumerated() {
            let pixels = encoder.processor(picture)
            let side = encoder.tower.configuration.imageSize
            output.add("image.\(index).pixels", shape: [3, side, side], floats: pixels)
            let last = encoder.tower.hiddenStates(of: pixels, after: [encoder.tower.configuration.layers])[0]
            add("image.\(index).features", last)
            let seen = encoder.encode(pixels: pixels)
            add("image.\(index).embedding", Matrix(rows: 1, columns: seen.embedding.count, values: seen.embedding))
        }
    }

    private mutating func describe(_ model: ConversationModel) throws {
        for (index, text) in request.texts.enumerated() {
            add("text.\(index)", model.tokenizer.encode(text, atStart: true))
        }
        add("leading", model.leadingTokens)
        let prompt = try model.promptTokens(for: .caption(names: [request.identifier]))
        add("prompt", prompt)
        add("prompt.alone", try model.instructionTokens("What is it?"))
        for (index, question) in (request.questions ?? []).enumerated() {
            add(
                "prompt.question.\(index)",
                try model.promptTokens(for: .question(question, names: [request.identifier])))
        }

        var prefixes: [any ImagePrefix] = []
        for (index, picture) in try pictures().enumerated() {
            let views = model.vision.pixels(of: picture)
            let side = model.vision.tower.configuration.imageSize
            output.add("image.\(index).pixels", shape: [views.count, 3, side, side], floats: views.flatMap { $0 })
            add("image.\(index).features", model.vision.features(of: views[0]))
            let features = try model.features(of: picture)
            add("image.\(index).tokens", features.visualTokens)
            if request.head_encoder != nil {
                add("image.\(index).pooled", Matrix(rows: 1, columns: features.pooled.count, values: features.pooled))
            }
            prefixes.append(try model.prefix(for: features))
        }

        let concept = Matrix(
            rows: request.concept.count, columns: model.identity.hiddenSize, values: request.concept.flatMap { $0 })
        try continuations(model, prefixes[0], concept: concept, prompt: prompt)
        try gradients(model, prefixes, concept: concept, prompt: prompt)
        if let training = request.training {
            try train(model, prefixes, concept: concept, prompt: prompt, training)
        }
    }

    /// Logits of a target with and without the concept, and a greedy continuation.
    private mutating func continuations(
        _ model: ConversationModel, _ prefix: any ImagePrefix, concept: Matrix, prompt: [Int32]
    ) throws {
        let read = prompt + request.targets[0].dropLast()
        for (name, concepts) in [("plain", []), ("concept", [concept])] {
            let rows = try model.language.rows(concepts: concepts, norm: prefix.conceptNorm, prompt: read)
            add(
                "logits.\(name)",
                try model.language.model.logits(of: rows, after: model.language.cache(of: prefix), last: rows.rows))
            let decoding = try model.begin(
                prefix: prefix, concepts: concepts, prompt: prompt, capacity: request.tokens)
            var said: [Int32] = []
            for _ in 0..<request.tokens {
                said.append(Sampler.greedy(decoding.logits))
                try model.step([decoding], tokens: said.suffix(1))
            }
            add("greedy.\(name)", said)
        }
    }

    func samples(_ samples: [ParityRequest.Sample], _ prefixes: [any ImagePrefix], prompt: [Int32])
        -> [TrainingSample]
    {
        samples.map {
            TrainingSample(prefix: prefixes[$0.image], prompt: prompt, target: request.targets[$0.target])
        }
    }

    /// Loss, regulariser and gradient of a batch, in each direction.
    mutating func gradients(
        _ model: any ConceptTrainable, _ prefixes: [any ImagePrefix], concept: Matrix, prompt: [Int32],
        directions: [(name: String, direction: AttentionRegularizer.Direction)] = [("row", .row), ("column", .column)]
    ) throws {
        let none: (String, Float, AttentionRegularizer.Direction) = ("none", 0, .row)
        for (name, weight, direction) in [none] + directions.map({ ($0.name, request.regularizer, $0.direction) }) {
            let loss = try model.loss(
                of: samples(request.batch, prefixes, prompt: prompt), concept: concept,
                regularizer: AttentionRegularizer(weight: weight, direction: direction))
            add("gradient.\(name)", loss.gradient)
            add("loss.\(name)", Matrix(rows: 1, columns: 2, values: [loss.crossEntropy, loss.regularization]))
        }
    }

    /// MyVLM's loop: loss with the model's regulariser, clipping, AdamW.
    mutating func train(
        _ model: any ConceptTrainable, _ prefixes: [any ImagePrefix], concept: Matrix, prompt: [Int32],
        _ training: ParityRequest.Training
    ) throws {
        var rows = concept
        var optimizer = AdamW(
            count: rows.values.count, learningRate: training.learning_rate, weightDecay: training.weight_decay)
        var losses: [Float] = []
        for step in training.steps {
            let loss = try model.loss(
                of: samples(step, prefixes, prompt: prompt), concept: rows,
                regularizer: AttentionRegularizer(weight: training.regularizer, direction: model.regularizerDirection))
            losses.append(loss.crossEntropy + loss.regularization)
            optimizer.update(&rows, gradient: AdamW.clipped(loss.gradient, to: training.clip))
        }
        add("training.rows", rows)
        output.add("training.losses", shape: [losses.count], floats: losses)
    }
}
