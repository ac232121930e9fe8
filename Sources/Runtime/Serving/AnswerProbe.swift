package import VLM

/// What a measurement may change or see of an answer. The default is the answer everybody gets.
package struct AnswerProbe: Sendable {
    /// Off: the rows of what fired stand beside the picture, but the prompt does not say the names.
    package var namesInPrompt = true
    /// Sees the logits of every token before it is chosen, `[vocabulary]`, on the thread that computes.
    package var onLogits: (@Sendable ([Float]) -> Void)?

    package init() {}
}

extension PersonalizedVLM {
    /// How much each concept that fires pays to each visual token, `[visualTokens]` by name; empty where nothing fires
    /// or the architecture keeps no such map. Throws as `recognize`.
    package func attention(user: String, picture: RGBImage) async throws -> [String: [Float]] {
        guard let model = model as? any AttentionModel else { return [:] }
        try admission.enter(user)
        defer { admission.leave(user) }
        let set = try await conceptSet(of: user)
        let findings = try await look(at: picture, of: user, with: set)
        let chosen = ConceptSet.chosen(findings.recognitions, limit: configuration.maximumConcepts)
        let rows = chosen.map { set.members[$0].concept.embedding }
        let maps = try await compute.run(.answers, for: user) {
            try model.attention(of: rows, in: findings.features)
        }
        let names = chosen.map { set.members[$0].name }
        return Dictionary(uniqueKeysWithValues: zip(names, maps))
    }

    /// What the language side alone answers to an instruction, greedily. Throws `VLMError.unsupported` where it cannot.
    package func complete(_ instruction: String, maximumTokens: Int) async throws -> String {
        guard let model = model as? any InstructionModel else {
            throw VLMError(.unsupported, "\(model.identity.name) answers no instructions without a picture")
        }
        return try await compute.run(.answers) {
            try TextCompletion.greedy(model, instruction: instruction, maximumTokens: maximumTokens)
        }
    }
}

/// Text-only answers of the language side.
enum TextCompletion {
    static func greedy(_ model: any InstructionModel, instruction: String, maximumTokens: Int) throws -> String {
        let decoding = try model.begin(instruction: instruction, capacity: maximumTokens)
        return try decode(model, decoding, sampling: Sampling(), maximumTokens: maximumTokens)
    }

    /// Continues a decoding until a stop token or the limit.
    static func decode(
        _ model: any AnswerModel, _ decoding: any Decoding, sampling: Sampling, maximumTokens: Int
    ) throws -> String {
        try decode(model, [decoding], samplings: [sampling], maximumTokens: maximumTokens)[0]
    }

    /// Continues several decodings side by side, each as it would be continued alone: a step reads the weights once for
    /// all of them.
    static func decode(
        _ model: any AnswerModel, _ decodings: [any Decoding], samplings: [Sampling], maximumTokens: Int
    ) throws -> [String] {
        var assemblers = decodings.map { _ in TextAssembler() }
        var samplers = try samplings.map { try TokenSampler($0) }
        var running = Array(decodings.indices)
        for _ in 0..<maximumTokens {
            var tokens: [Int32] = []
            running = running.filter { index in
                let token = samplers[index].sample(decodings[index].logits)
                if model.stopTokens.contains(token) { return false }
                _ = assemblers[index].append(model.bytes(of: token))
                tokens.append(token)
                return true
            }
            if running.isEmpty { break }
            try model.step(running.map { decodings[$0] }, tokens: tokens)
        }
        return assemblers.indices.map { index in
            _ = assemblers[index].finish()
            return assemblers[index].text
        }
    }
}
