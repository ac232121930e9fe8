/// The `text_config` of a checkpoint, with the defaults its architecture leaves out of the file.
package struct HubLanguageConfiguration: Sendable, Decodable {
    package let model_type: String?
    let hidden_size: Int?
    let intermediate_size: Int?
    let num_hidden_layers: Int?
    let num_attention_heads: Int?
    let num_key_value_heads: Int?
    let head_dim: Int?
    let vocab_size: Int?
    let max_position_embeddings: Int?
    let sliding_window: Int?
    let use_sliding_window: Bool?
    let rms_norm_eps: Float?
    let rope_theta: Float?
    let rope_scaling: Rope?
    let rope_parameters: Rope?
    let hidden_act: String?
    let attention_bias: Bool?
    let mlp_bias: Bool?
    let tie_word_embeddings: Bool?
    let bos_token_id: Int32?
    let eos_token_id: LlavaConfiguration.TokenList?

    /// Rotary positions: newer releases keep the base here too.
    struct Rope: Sendable, Decodable {
        let rope_type: String?
        let type: String?
        let rope_theta: Float?
        let factor: Float?
        let low_freq_factor: Float?
        let high_freq_factor: Float?
        let original_max_position_embeddings: Int?

        var kind: String { rope_type ?? type ?? "default" }

        /// Throws `checkpointMalformed` for numbers that cannot be.
        func check(_ stated: StatedNumbers) throws {
            try stated.check("rope_theta", rope_theta, HubLanguageConfiguration.rotaryBases)
            try stated.check("factor", factor, 1...1e6)
            try stated.check("low_freq_factor", low_freq_factor, 1e-3...1e6)
            try stated.check("high_freq_factor", high_freq_factor, 1e-3...1e6)
            try stated.check(
                "original_max_position_embeddings", original_max_position_embeddings, 1...1 << 24)
        }
    }

    /// Decoders that are run.
    package enum Architecture: String, Sendable, CaseIterable {
        case llama, mistral, qwen2

        /// What a file of it may leave out, and what it has without saying so: the one place that tells the decoders apart.
        var defaults: Defaults {
            switch self {
            case .llama: Defaults(context: 2048, inner: 11008)
            case .mistral: Defaults(context: 131_072, inner: 14336, keyHeads: 8, slides: true)
            case .qwen2:
                Defaults(
                    context: 32768, inner: 22016, keyHeads: 32, vocabulary: 151_936, slides: nil, attentionBias: true)
            }
        }
    }

    /// What an architecture is where its files say nothing.
    struct Defaults: Sendable {
        var context: Int
        var inner: Int
        /// Nil: as many as there are heads of queries.
        var keyHeads: Int?
        var vocabulary = 32000
        var epsilon: Float = 1e-6
        /// Whether a window that is stated is one; nil: where the file says so too.
        var slides: Bool? = false
        var attentionBias = false
    }

    /// Which decoder it is; throws `unsupported` naming the supported ones.
    package func architecture() throws -> Architecture {
        let type = model_type ?? "llama"
        guard let architecture = Architecture(rawValue: type) else {
            throw VLMError(
                .unsupported,
                "the language model is a \(type); supported: "
                    + Architecture.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return architecture
    }

    /// Whether the output head is the embedding when the checkpoint stores none.
    var isTied: Bool { tie_word_embeddings ?? false }

    /// Throws `checkpointMalformed` for numbers that cannot be.
    private func check(_ stated: StatedNumbers) throws {
        try stated.check(
            ["hidden_size": hidden_size, "intermediate_size": intermediate_size, "head_dim": head_dim],
            StatedNumbers.widths)
        try stated.check("num_hidden_layers", num_hidden_layers, StatedNumbers.layers)
        try stated.check(
            ["num_attention_heads": num_attention_heads, "num_key_value_heads": num_key_value_heads],
            StatedNumbers.heads)
        try stated.check("vocab_size", vocab_size, StatedNumbers.vocabularies)
        try stated.check(
            ["max_position_embeddings": max_position_embeddings, "sliding_window": sliding_window],
            StatedNumbers.contexts)
        try stated.check("rms_norm_eps", rms_norm_eps, StatedNumbers.epsilons)
        try stated.check("rope_theta", rope_theta, Self.rotaryBases)
        for (key, rope) in [("rope_scaling", rope_scaling), ("rope_parameters", rope_parameters)] {
            try rope?.check(stated.below(key))
        }
    }

    /// Smaller ones turn faster than a position, larger ones nobody has.
    private static let rotaryBases: ClosedRange<Float> = 1...1e12

    /// The decoder's shape; throws `checkpointMalformed` for numbers that cannot be, `unsupported` for a variant that is
    /// not run.
    package func configuration(
        _ stated: StatedNumbers = StatedNumbers(file: "config.json", part: "text_config.")
    ) throws -> LlamaConfiguration {
        let defaults = try architecture().defaults
        try check(stated)
        guard hidden_act ?? "silu" == "silu", mlp_bias ?? false == false, attention_bias ?? false == false else {
            throw VLMError(
                .unsupported, "the language model has another activation than silu or biases its architecture lacks")
        }
        let hidden = hidden_size ?? 4096
        let heads = num_attention_heads ?? 32
        if head_dim == nil { try stated.divides(heads, hidden, ("num_attention_heads", "hidden_size")) }
        var context = max_position_embeddings ?? defaults.context
        // Within its window a sliding attention is a plain one.
        if defaults.slides ?? use_sliding_window ?? false, let window = sliding_window, window > 0 {
            context = min(context, window)
        }
        return LlamaConfiguration(
            blocks: num_hidden_layers ?? 32, hiddenSize: hidden,
            intermediateSize: intermediate_size ?? defaults.inner,
            queryHeads: heads, keyValueHeads: num_key_value_heads ?? defaults.keyHeads ?? heads,
            headSize: head_dim ?? hidden / heads,
            vocabularySize: vocab_size ?? defaults.vocabulary,
            // The rotary table of a context nobody can use would take gigabytes.
            contextSize: min(context, Self.largestContext),
            ropeBase: rope_theta ?? rope_parameters?.rope_theta ?? rope_scaling?.rope_theta ?? 10000,
            normEpsilon: rms_norm_eps ?? defaults.epsilon, attentionBias: defaults.attentionBias,
            ropeScaling: try scaling())
    }

    /// How the rotary frequencies are stretched; throws `unsupported` for a way that is not run.
    private func scaling() throws -> RotaryScaling {
        guard let rope = rope_scaling ?? rope_parameters else { return .none }
        switch rope.kind {
        case "default": return .none
        case "linear": return .linear(factor: rope.factor ?? 1)
        case "llama3":
            return .llama3(
                factor: rope.factor ?? 8, lowFrequencyFactor: rope.low_freq_factor ?? 1,
                highFrequencyFactor: rope.high_freq_factor ?? 4,
                originalContext: rope.original_max_position_embeddings ?? 8192)
        case let other:
            throw VLMError(
                .unsupported, "rotary scaling of the kind \(other); default, linear and llama3 are supported")
        }
    }

    static let largestContext = 32768
}
