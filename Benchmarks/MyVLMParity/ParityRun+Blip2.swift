import Compute
import VLM

extension ParityRun {
    /// Every number of a BLIP-2 model that a request asks for.
    mutating func describe(_ model: Blip2Model) throws {
        for (index, text) in request.texts.enumerated() {
            add("text.\(index)", model.tokenizer.encode(text, atStart: true))
        }
        let prompt = try model.promptTokens(for: .caption(names: [request.identifier]))
        let question = try model.promptTokens(for: .question(request.question ?? "What is it?", names: []))
        add("prompt.caption", prompt)
        add("prompt.question", question)

        var prefixes: [any ImagePrefix] = []
        for (index, picture) in try pictures().enumerated() {
            let pixels = model.processor(picture)
            let side = model.tower.configuration.imageSize
            output.add("image.\(index).pixels", shape: [3, side, side], floats: pixels)
            let features = try model.features(of: picture)
            add("image.\(index).features", features.visualTokens)
            let prefix = try model.prefix(for: features)
            add("image.\(index).queries", try model.queryOutputs(prefix: prefix, concepts: []))
            add("image.\(index).tokens", try model.visualRows(prefix: prefix, concepts: []))
            prefixes.append(prefix)
        }

        let width = model.identity.hiddenSize
        let concept = Matrix(rows: request.concept.count, columns: width, values: request.concept.flatMap { $0 })
        let rows = request.second_concept ?? []
        let second = Matrix(rows: rows.count, columns: width, values: rows.flatMap { $0 })
        try say(model, prefixes[0], "plain", [], prompt)
        try say(model, prefixes[0], "concept", [concept], prompt)
        try say(model, prefixes[0], "concepts", [concept, second], prompt)
        try say(model, prefixes[0], "question", [concept], question)
        try gradients(model, prefixes, concept: concept, prompt: prompt, directions: [("column", .column)])
        if let training = request.training {
            try train(model, prefixes, concept: concept, prompt: prompt, training)
        }
    }

    /// Logits of a target, a greedy continuation and the searches.
    private mutating func say(
        _ model: Blip2Model, _ prefix: any ImagePrefix, _ name: String, _ concepts: [Matrix], _ prompt: [Int32]
    ) throws {
        let visual = try model.visualRows(prefix: prefix, concepts: concepts)
        add(
            "logits.\(name)",
            try model.language.logits(visual: visual, prompt: prompt, target: request.targets[0]))
        let decoding = try model.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: request.tokens)
        var said: [Int32] = []
        for _ in 0..<request.tokens {
            said.append(Sampler.greedy(decoding.logits))
            try model.step([decoding], tokens: said.suffix(1))
        }
        add("greedy.\(name)", said)
        for (index, search) in (request.searches ?? []).enumerated() {
            let start = try model.begin(
                prefix: prefix, concepts: concepts, prompt: prompt, capacity: request.tokens)
            let found = try BeamSearch(beams: search.beams, lengthPenalty: search.length_penalty)
                .tokens(of: model, after: start, maximumTokens: request.tokens)
            add("search.\(name).\(index)", found)
        }
    }
}
