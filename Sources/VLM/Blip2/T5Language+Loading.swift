internal import Compute

extension T5Language {
    /// Positions that a sequence may have: T5 states none, and the table of its position biases must end somewhere.
    static let contextSize = 1024

    /// Reads encoder and decoder below `scope`; `progress` hears the finished share.
    init(_ configuration: Blip2TextConfiguration, scope: TensorScope, progress: ((Double) -> Void)?) throws {
        let encoderShape = try configuration.t5Shape(isDecoder: false)
        let decoderShape = try configuration.t5Shape(isDecoder: true)
        let width = encoderShape.width
        let vocabulary = configuration.vocab_size ?? 32128
        let layers = configuration.num_layers ?? 6
        let decoderLayers = configuration.num_decoder_layers ?? layers
        guard (1..<1 << 24).contains(vocabulary), (1...1024).contains(layers), (1...1024).contains(decoderLayers) else {
            throw VLMError(.unsupported, "the language model states sizes that cannot be")
        }
        var finished = 0
        func report() {
            finished += 1
            progress?(Double(finished) / Double(layers + decoderLayers))
        }
        let shared = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
        let stored = shared.first { scope.contains($0) } ?? shared[0]
        embedding = try scope.matrix(stored, outputs: vocabulary, inputs: width)

        let encoderScope = scope.inner("encoder")
        encoder = TransformerStack(
            shape: encoderShape,
            blocks: try (0..<layers).map {
                defer { report() }
                return try Self.block(encoderScope.inner("block.\($0)"), encoderShape, isDecoder: false)
            }, bias: try Self.bias(configuration, encoderScope, encoderShape))
        encoderNorm = try encoderScope.norm("final_layer_norm", width, hasBias: false)

        let decoderScope = scope.inner("decoder")
        decoder = TransformerStack(
            shape: decoderShape,
            blocks: try (0..<decoderLayers).map {
                defer { report() }
                return try Self.block(decoderScope.inner("block.\($0)"), decoderShape, isDecoder: true)
            }, bias: try Self.bias(configuration, decoderScope, decoderShape))
        keyValue = try (0..<decoderLayers).map {
            try decoderScope.inner("block.\($0).layer.1.EncDecAttention").linear(
                ["k", "v"], outputs: decoderShape.attention, inputs: width, hasBias: false)
        }
        // Tied to the embedding, the output matrix reads rows made smaller by the root of their width.
        let isTied = configuration.tie_word_embeddings ?? true
        head = LanguageHead(
            norm: try decoderScope.norm("final_layer_norm", width, hasBias: false), projection: nil,
            scale: isTied ? 1 / Float(width).squareRoot() : 1,
            weight: isTied ? embedding : try scope.matrix("lm_head.weight", outputs: vocabulary, inputs: width))
        firstToken = configuration.decoder_start_token_id ?? configuration.pad_token_id ?? 0
        contextSize = Self.contextSize
        guard (0..<vocabulary).contains(Int(firstToken)) else {
            throw VLMError(
                .checkpointMalformed,
                "config.json: decoder_start_token_id is the token \(firstToken), but the embedding table (vocab_size) has "
                    + "\(vocabulary) rows")
        }
    }

    private static func block(
        _ scope: TensorScope, _ shape: TransformerShape, isDecoder: Bool
    ) throws -> TransformerStack.Block {
        let (width, attention) = (shape.width, shape.attention)
        let own = scope.inner("layer.0")
        var cross: TransformerStack.Cross?
        if isDecoder {
            let part = scope.inner("layer.1")
            cross = TransformerStack.Cross(
                norm: try part.norm("layer_norm", width, hasBias: false),
                query: try part.linear(["EncDecAttention.q"], outputs: attention, inputs: width, hasBias: false),
                output: try part.linear(["EncDecAttention.o"], outputs: width, inputs: attention, hasBias: false))
        }
        let last = scope.inner("layer.\(isDecoder ? 2 : 1)")
        return TransformerStack.Block(
            attentionNorm: try own.norm("layer_norm", width, hasBias: false),
            queryKeyValue: try own.linear(
                ["q", "k", "v"].map { "SelfAttention.\($0)" }, outputs: attention, inputs: width, hasBias: false),
            output: try own.linear(["SelfAttention.o"], outputs: width, inputs: attention, hasBias: false),
            cross: cross,
            mlpNorm: try last.norm("layer_norm", width, hasBias: false),
            first: try last.linear(
                (shape.isGated ? ["wi_0", "wi_1"] : ["wi"]).map { "DenseReluDense.\($0)" }, outputs: shape.inner,
                inputs: width, hasBias: false),
            second: try last.linear(["DenseReluDense.wo"], outputs: width, inputs: shape.inner, hasBias: false))
    }

    private static func bias(
        _ configuration: Blip2TextConfiguration, _ scope: TensorScope, _ shape: TransformerShape
    ) throws -> RelativeBias {
        let buckets = configuration.relative_attention_num_buckets ?? 32
        let farthest = configuration.relative_attention_max_distance ?? 128
        guard (4...4096).contains(buckets), farthest > buckets / (shape.isCausal ? 2 : 4) else {
            throw VLMError(.unsupported, "\(buckets) buckets of relative positions up to \(farthest)")
        }
        return RelativeBias(
            weights: try scope.floats(
                "block.0.layer.0.SelfAttention.relative_attention_bias.weight", [buckets, shape.heads]),
            buckets: buckets, heads: shape.heads, farthest: farthest, isBidirectional: !shape.isCausal,
            limit: contextSize)
    }
}
