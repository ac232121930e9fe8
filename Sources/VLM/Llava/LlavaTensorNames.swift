/// Where a LLaVA checkpoint keeps its tensors: the scheme changed with transformers 4.52.
struct LlavaTensorNames {
    private let decoder: String
    private let head: String?
    /// Ends with a dot.
    let projector: String
    /// What ends a row of tiles; nil where there is none.
    let newline: String?

    init(_ tensors: CheckpointTensors) throws {
        decoder = try tensors.prefix(
            of: "embed_tokens.weight",
            among: ["model.language_model.", "language_model.model.", "model.language_model.model.", "model."])
        head = ["lm_head.weight", "language_model.lm_head.weight", "model.language_model.lm_head.weight"]
            .first { tensors.contains($0) }
        projector = try tensors.prefix(
            of: "linear_1.weight", among: ["model.multi_modal_projector.", "multi_modal_projector."])
        newline = ["model.image_newline", "image_newline"].first { tensors.contains($0) }
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
