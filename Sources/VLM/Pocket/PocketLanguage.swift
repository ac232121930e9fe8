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
                try FiniteNumbers.check(values, tensor: name, file: "the low-rank factors")
            }
            return .values(values)
        }
    }

    private static func configuration(_ gguf: GGUFFile) throws -> LlamaConfiguration {
        let stated = StatedNumbers(file: "the language model")
        func integer(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
            let value = try gguf.integer(key)
            try stated.check(key, value, range)
            return value
        }
        func number(_ key: String, _ range: ClosedRange<Float>) throws -> Float {
            let value = Float(try gguf.float(key))
            try stated.check(key, value, range)
            return value
        }
        let heads = try integer("llama.attention.head_count", StatedNumbers.heads)
        let hidden = try integer("llama.embedding_length", StatedNumbers.widths)
        try stated.divides(heads, hidden, ("llama.attention.head_count", "llama.embedding_length"))
        let table = try gguf.shape("token_embd.weight")
        guard table.count == 2 else { throw stated.malformed("token_embd.weight has the shape \(table)") }
        return LlamaConfiguration(
            blocks: try integer("llama.block_count", StatedNumbers.layers), hiddenSize: hidden,
            intermediateSize: try integer("llama.feed_forward_length", StatedNumbers.widths), queryHeads: heads,
            keyValueHeads: try integer("llama.attention.head_count_kv", StatedNumbers.heads),
            headSize: hidden / heads, vocabularySize: table[0],
            contextSize: min(
                try integer("llama.context_length", StatedNumbers.contexts), HubLanguageConfiguration.largestContext),
            ropeBase: try number("llama.rope.freq_base", 1...1e12),
            normEpsilon: try number("llama.attention.layer_norm_rms_epsilon", StatedNumbers.epsilons))
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
