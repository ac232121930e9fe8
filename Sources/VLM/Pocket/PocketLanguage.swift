package import Compute

/// Builds pocket's language model: the GGUF weights, un-permuted, with the low-rank factors merged in.
package enum PocketLanguage {
    /// The model with its weights kept as `storage`; without factors the file's own blocks are taken bit for bit where
    /// they are of that storage, or of any where 4 bits are asked for.
    package static func load(
        gguf: GGUFFile, factors: SafetensorsFile?, scale: Float, storage: Weight.Storage
    ) throws -> LlamaModel {
        LlamaModel(weights: try weights(gguf: gguf, factors: factors, scale: scale, storage: storage))
    }

    /// Its weights.
    package static func weights(
        gguf: GGUFFile, factors: SafetensorsFile?, scale: Float, storage: Weight.Storage
    ) throws -> LlamaWeights {
        let architecture = try gguf.string("general.architecture")
        guard architecture == "llama" else {
            throw VLMError(.unsupported, "the language model has the architecture \(architecture); llama is supported")
        }
        let configuration = try configuration(gguf)
        return try LlamaWeights(configuration: configuration, storage: storage) { tensor -> LlamaTensorSource? in
            guard let name = ggufName(tensor) else { return nil }
            guard gguf.contains(name) else {
                if case .head = tensor { return nil }
                throw VLMError(.checkpointMalformed, "the language model has no tensor \(name)")
            }
            let shape = tensor.shape(in: configuration)
            guard try gguf.shape(name) == shape else {
                throw VLMError(
                    .checkpointMalformed, "tensor \(name) has the shape \(try gguf.shape(name)), expected \(shape)")
            }
            let factor = factors == nil ? nil : factorName(tensor)
            if factor == nil, storage.isQuantized, let stored = try gguf.storage(name) {
                let rows = rotatedHeads(tensor, configuration).map { shape[0] / $0 }
                return .blocks(try gguf.blocks(name), storage: stored) { row in
                    rows.map { unpermuted(row, size: $0) } ?? row
                }
            }
            var values = try gguf.floats(name)
            if let heads = rotatedHeads(tensor, configuration) { unpermute(&values, heads: heads, columns: shape[1]) }
            if let factors, let name = factor {
                let merge = try LowRankFactors(
                    a: try factors.matrix("\(name).A"), b: try factors.matrix("\(name).B"), scale: scale)
                try merge.merge(into: &values)
            }
            return .values(values)
        }
    }

    private static func configuration(_ gguf: GGUFFile) throws -> LlamaConfiguration {
        let heads = try gguf.integer("llama.attention.head_count")
        let hidden = try gguf.integer("llama.embedding_length")
        guard heads > 0, hidden % heads == 0 else {
            throw VLMError(.checkpointMalformed, "\(hidden) hidden units do not divide into \(heads) heads")
        }
        return LlamaConfiguration(
            blocks: try gguf.integer("llama.block_count"), hiddenSize: hidden,
            intermediateSize: try gguf.integer("llama.feed_forward_length"), queryHeads: heads,
            keyValueHeads: try gguf.integer("llama.attention.head_count_kv"), headSize: hidden / heads,
            vocabularySize: try gguf.shape("token_embd.weight")[0],
            contextSize: try gguf.integer("llama.context_length"),
            ropeBase: Float(try gguf.float("llama.rope.freq_base")),
            normEpsilon: Float(try gguf.float("llama.attention.layer_norm_rms_epsilon")))
    }

    private static func ggufName(_ tensor: LlamaTensor) -> String? {
        switch tensor {
        case .embedding: "token_embd.weight"
        case .attentionNorm(let block): "blk.\(block).attn_norm.weight"
        case .query(let block): "blk.\(block).attn_q.weight"
        case .key(let block): "blk.\(block).attn_k.weight"
        case .value(let block): "blk.\(block).attn_v.weight"
        case .queryBias(let block): "blk.\(block).attn_q.bias"
        case .keyBias(let block): "blk.\(block).attn_k.bias"
        case .valueBias(let block): "blk.\(block).attn_v.bias"
        case .output(let block): "blk.\(block).attn_output.weight"
        case .mlpNorm(let block): "blk.\(block).ffn_norm.weight"
        case .gate(let block): "blk.\(block).ffn_gate.weight"
        case .up(let block): "blk.\(block).ffn_up.weight"
        case .down(let block): "blk.\(block).ffn_down.weight"
        case .finalNorm: "output_norm.weight"
        case .head: "output.weight"
        }
    }

    private static func factorName(_ tensor: LlamaTensor) -> String? {
        switch tensor {
        case .query(let block): "lora.layers.\(block).q_proj"
        case .key(let block): "lora.layers.\(block).k_proj"
        case .value(let block): "lora.layers.\(block).v_proj"
        case .output(let block): "lora.layers.\(block).o_proj"
        case .gate(let block): "lora.layers.\(block).gate_proj"
        case .up(let block): "lora.layers.\(block).up_proj"
        case .down(let block): "lora.layers.\(block).down_proj"
        case .embedding, .attentionNorm, .queryBias, .keyBias, .valueBias, .mlpNorm, .finalNorm, .head: nil
        }
    }

    private static func rotatedHeads(_ tensor: LlamaTensor, _ configuration: LlamaConfiguration) -> Int? {
        switch tensor {
        case .query: configuration.queryHeads
        case .key: configuration.keyValueHeads
        default: nil
        }
    }

    /// GGUF stores the rows of a head interleaved for its RoPE (0, n/2, 1, n/2 + 1, ...); rotate-half wants halves.
    /// The row that row `row` of the file becomes, with heads of `size` rows.
    static func unpermuted(_ row: Int, size: Int) -> Int {
        let within = row % size
        return row - within + (within % 2) * (size / 2) + within / 2
    }

    static func unpermute(_ values: inout [Float], heads: Int, columns: Int) {
        let rows = values.count / columns
        let stored = values
        for row in 0..<rows {
            let target = unpermuted(row, size: rows / heads)
            values.replaceSubrange(
                target * columns..<(target + 1) * columns, with: stored[row * columns..<(row + 1) * columns])
        }
    }
}
