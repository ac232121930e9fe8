/// `config.json` of a BLIP-2 checkpoint as transformers writes it; what the file leaves out has the architecture's value.
package struct Blip2Configuration: Sendable, Decodable {
    let vision_config: VisionTowerConfiguration?
    let qformer_config: QFormerShape?
    let text_config: Blip2TextConfiguration?
    let num_query_tokens: Int?

    /// The `qformer_config`.
    struct QFormerShape: Sendable, Decodable {
        var hidden_size: Int?
        var num_hidden_layers: Int?
        var num_attention_heads: Int?
        var intermediate_size: Int?
        var hidden_act: String?
        var layer_norm_eps: Float?
        var cross_attention_frequency: Int?
        var encoder_hidden_size: Int?
        var position_embedding_type: String?

        var layers: Int { num_hidden_layers ?? 12 }

        func hasCrossAttention(_ layer: Int) -> Bool { layer % (cross_attention_frequency ?? 2) == 0 }

        /// Throws `checkpointMalformed` for numbers that cannot be.
        func check(_ stated: StatedNumbers) throws {
            try stated.check(
                [
                    "hidden_size": hidden_size, "intermediate_size": intermediate_size,
                    "encoder_hidden_size": encoder_hidden_size,
                ], StatedNumbers.widths)
            try stated.check(
                ["num_hidden_layers": num_hidden_layers, "cross_attention_frequency": cross_attention_frequency],
                StatedNumbers.layers)
            try stated.check("num_attention_heads", num_attention_heads, StatedNumbers.heads)
            try stated.check("layer_norm_eps", layer_norm_eps, StatedNumbers.epsilons)
        }

        /// The stack's shape; throws `unsupported`.
        func shape() throws -> TransformerShape {
            let (width, heads) = (hidden_size ?? 768, num_attention_heads ?? 12)
            guard position_embedding_type ?? "absolute" == "absolute", (1...1024).contains(layers),
                (1...1024).contains(cross_attention_frequency ?? 2), heads > 0, width % heads == 0
            else {
                throw VLMError(.unsupported, "the Q-Former has relative positions, or sizes that cannot be")
            }
            let shape = TransformerShape(
                width: width, inner: intermediate_size ?? 3072, heads: heads, keyHeads: heads, headSize: width / heads,
                norm: .layer,
                epsilon: layer_norm_eps ?? 1e-12, normsFirst: false,
                activation: try BiasedLinear.Activation(named: hidden_act ?? "gelu"), isGated: false,
                scoreScale: 1 / Float(width / heads).squareRoot(), isCausal: false)
            try shape.validate("Q-Former")
            return shape
        }
    }

    /// Reads a configuration; throws `checkpointMalformed`.
    package init(json: [UInt8], file: String) throws {
        self = try CheckpointJSON.decode(Self.self, from: json, file: file, as: "configuration of a BLIP-2 model")
        let stated = StatedNumbers(file: file)
        try stated.check("num_query_tokens", num_query_tokens, 1...4096)
        try qFormer.check(stated.below("qformer_config"))
        try text_config?.check(stated.below("text_config"))
    }

    /// The tower's configuration; throws `checkpointMalformed` where the file has none.
    func vision() throws -> VisionTowerConfiguration {
        guard let vision_config else { throw VLMError(.checkpointMalformed, "config.json has no vision_config") }
        return vision_config.of(.blip2)
    }

    /// The language model's; throws `checkpointMalformed` where the file has none.
    func text() throws -> Blip2TextConfiguration {
        guard let text_config else { throw VLMError(.checkpointMalformed, "config.json has no text_config") }
        return text_config
    }

    /// The Q-Former's.
    var qFormer: QFormerShape { qformer_config ?? QFormerShape() }
    /// Its queries.
    var queries: Int { num_query_tokens ?? 32 }
}

/// The `text_config` of a BLIP-2 checkpoint: OPT or T5.
package struct Blip2TextConfiguration: Sendable, Decodable {
    /// Language models that are run.
    package enum Architecture: String, Sendable, CaseIterable {
        case opt, t5
    }

    let model_type: String?
    let vocab_size: Int?
    let bos_token_id: Int32?
    let eos_token_id: LlavaConfiguration.TokenList?
    let pad_token_id: Int32?
    let decoder_start_token_id: Int32?
    let tie_word_embeddings: Bool?
    // OPT
    let hidden_size: Int?
    let num_hidden_layers: Int?
    let num_attention_heads: Int?
    let ffn_dim: Int?
    let max_position_embeddings: Int?
    let do_layer_norm_before: Bool?
    let _remove_final_layer_norm: Bool?
    let word_embed_proj_dim: Int?
    let activation_function: String?
    let enable_bias: Bool?
    let layer_norm_elementwise_affine: Bool?
    // T5
    let d_model: Int?
    let d_kv: Int?
    let d_ff: Int?
    let num_layers: Int?
    let num_decoder_layers: Int?
    let num_heads: Int?
    let relative_attention_num_buckets: Int?
    let relative_attention_max_distance: Int?
    let layer_norm_epsilon: Float?
    let feed_forward_proj: String?

    /// Throws `checkpointMalformed` for numbers that cannot be.
    func check(_ stated: StatedNumbers) throws {
        try stated.check(
            [
                "hidden_size": hidden_size, "ffn_dim": ffn_dim, "word_embed_proj_dim": word_embed_proj_dim,
                "d_model": d_model, "d_kv": d_kv, "d_ff": d_ff,
            ], StatedNumbers.widths)
        try stated.check(
            [
                "num_hidden_layers": num_hidden_layers, "num_layers": num_layers,
                "num_decoder_layers": num_decoder_layers,
            ], StatedNumbers.layers)
        try stated.check(
            ["num_attention_heads": num_attention_heads, "num_heads": num_heads], StatedNumbers.heads)
        try stated.check("vocab_size", vocab_size, StatedNumbers.vocabularies)
        try stated.check("max_position_embeddings", max_position_embeddings, 1...1 << 20)
        try stated.check("relative_attention_num_buckets", relative_attention_num_buckets, 4...4096)
        try stated.check("relative_attention_max_distance", relative_attention_max_distance, 1...1 << 24)
        try stated.check("layer_norm_epsilon", layer_norm_epsilon, StatedNumbers.epsilons)
    }

    /// Which it is; throws `unsupported` naming the supported ones.
    package func architecture() throws -> Architecture {
        let type = model_type ?? "opt"
        guard let architecture = Architecture(rawValue: type) else {
            throw VLMError(
                .unsupported,
                "the language model is a \(type); BLIP-2 runs with "
                    + Architecture.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return architecture
    }

    /// Numbers of a word.
    var words: Int { word_embed_proj_dim ?? opt }
    private var opt: Int { hidden_size ?? 768 }

    /// The shape of OPT's blocks; throws `unsupported`.
    func optShape() throws -> TransformerShape {
        let heads = num_attention_heads ?? 12
        guard heads > 0, opt % heads == 0, enable_bias ?? true, layer_norm_elementwise_affine ?? true else {
            throw VLMError(.unsupported, "the language model is an OPT without biases, or of sizes that cannot be")
        }
        let shape = TransformerShape(
            width: opt, inner: ffn_dim ?? 3072, heads: heads, keyHeads: heads, headSize: opt / heads, norm: .layer,
            epsilon: 1e-5,
            normsFirst: do_layer_norm_before ?? true,
            activation: try BiasedLinear.Activation(named: activation_function ?? "relu"), isGated: false,
            scoreScale: 1 / Float(opt / heads).squareRoot(), isCausal: true)
        try shape.validate("language model")
        return shape
    }

    /// The shape of T5's blocks; throws `unsupported`.
    func t5Shape(isDecoder: Bool) throws -> TransformerShape {
        let kinds = (feed_forward_proj ?? "relu").split(separator: "-").map(String.init)
        guard let name = kinds.last, kinds.count == 1 || kinds.count == 2 && kinds[0] == "gated" else {
            throw VLMError(.unsupported, "the feed-forward part \(feed_forward_proj ?? "") is not supported")
        }
        // "gated-gelu" has always meant the approximation by tanh.
        let isGated = kinds.count == 2
        let shape = TransformerShape(
            width: d_model ?? 512, inner: d_ff ?? 2048, heads: num_heads ?? 8, keyHeads: num_heads ?? 8,
            headSize: d_kv ?? 64,
            norm: .rootMeanSquare, epsilon: layer_norm_epsilon ?? 1e-6, normsFirst: true,
            activation: try BiasedLinear.Activation(named: isGated && name == "gelu" ? "gelu_new" : name),
            isGated: isGated, scoreScale: 1, isCausal: isDecoder)
        try shape.validate("language model")
        return shape
    }
}
