/// Where a checkpoint keeps the tensors of its decoder: Llama's names below a prefix that changed between releases.
struct DecoderTensorNames {
    /// Ends with a dot.
    private let decoder: String
    private let head: String?

    /// Looks below `decoders` and among `heads`, newest scheme first. Throws `checkpointMalformed` where there is none.
    init(_ tensors: CheckpointTensors, decoders: [String], heads: [String]) throws {
        decoder = try tensors.prefix(of: "embed_tokens.weight", among: decoders)
        head = heads.first { tensors.contains($0) }
    }

    /// The input embedding.
    var embedding: String { "\(decoder)embed_tokens.weight" }

    /// The name of a decoder's tensor; nil for a head that is tied to the embedding. Throws `checkpointMalformed` when
    /// the head is missing though it is not tied.
    func name(of tensor: LlamaTensor, isTied: Bool) throws -> String? {
        func layer(_ index: Int, _ name: String, _ part: String = "weight") -> String {
            "\(decoder)layers.\(index).\(name).\(part)"
        }
        switch tensor {
        case .embedding: return embedding
        case .attentionNorm(let index): return layer(index, "input_layernorm")
        case .query(let index): return layer(index, "self_attn.q_proj")
        case .key(let index): return layer(index, "self_attn.k_proj")
        case .value(let index): return layer(index, "self_attn.v_proj")
        case .queryBias(let index): return layer(index, "self_attn.q_proj", "bias")
        case .keyBias(let index): return layer(index, "self_attn.k_proj", "bias")
        case .valueBias(let index): return layer(index, "self_attn.v_proj", "bias")
        case .output(let index): return layer(index, "self_attn.o_proj")
        case .mlpNorm(let index): return layer(index, "post_attention_layernorm")
        case .gate(let index): return layer(index, "mlp.gate_proj")
        case .up(let index): return layer(index, "mlp.up_proj")
        case .down(let index): return layer(index, "mlp.down_proj")
        case .finalNorm: return "\(decoder)norm.weight"
        case .head:
            if head == nil, !isTied {
                throw VLMError(
                    .checkpointMalformed,
                    "the checkpoint has no lm_head.weight and config.json does not tie it to the embedding: the download is "
                        + "incomplete")
            }
            return head
        }
    }
}
