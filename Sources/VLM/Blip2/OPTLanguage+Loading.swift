internal import Compute

extension OPTLanguage {
    /// Reads a decoder below `scope`; `progress` hears the finished share.
    init(_ configuration: Blip2TextConfiguration, scope: TensorScope, progress: ((Double) -> Void)?) throws {
        let shape = try configuration.optShape()
        let (width, words) = (shape.width, configuration.words)
        let vocabulary = configuration.vocab_size ?? 50272
        let context = configuration.max_position_embeddings ?? 2048
        guard (1..<1 << 24).contains(vocabulary), (1...1 << 20).contains(context), (1..<1 << 20).contains(words) else {
            throw VLMError(.unsupported, "the language model states sizes that cannot be")
        }
        let decoder = scope.inner("model.decoder")
        let layers = configuration.num_hidden_layers ?? 12
        embedding = try decoder.matrix("embed_tokens.weight", outputs: vocabulary, inputs: words)
        let table = try decoder.floats("embed_positions.weight", [context + Self.firstPosition, width])
        positions = FloatBuffer(count: table.count)
        positions.pointer.update(from: table, count: table.count)
        stack = TransformerStack(
            shape: shape,
            blocks: try (0..<layers).map { index in
                let layer = decoder.inner("layers.\(index)")
                defer { progress?(Double(index + 1) / Double(layers)) }
                return TransformerStack.Block(
                    attentionNorm: try layer.norm("self_attn_layer_norm", width),
                    queryKeyValue: try layer.linear(
                        ["q_proj", "k_proj", "v_proj"].map { "self_attn.\($0)" }, outputs: width, inputs: width),
                    output: try layer.linear(["self_attn.out_proj"], outputs: width, inputs: width), cross: nil,
                    mlpNorm: try layer.norm("final_layer_norm", width),
                    first: try layer.linear(["fc1"], outputs: shape.inner, inputs: width),
                    second: try layer.linear(["fc2"], outputs: width, inputs: shape.inner))
            })
        let isNarrow = words != width
        projection =
            isNarrow ? try decoder.linear(["project_in"], outputs: width, inputs: words, hasBias: false) : nil
        let hasFinalNorm = shape.normsFirst && !(configuration._remove_final_layer_norm ?? false)
        let isTied = configuration.tie_word_embeddings ?? true
        head = LanguageHead(
            norm: hasFinalNorm ? try decoder.norm("final_layer_norm", width) : nil,
            projection: isNarrow
                ? try decoder.linear(["project_out"], outputs: words, inputs: width, hasBias: false) : nil,
            scale: 1,
            weight: isTied ? embedding : try scope.matrix("lm_head.weight", outputs: vocabulary, inputs: words))
        contextSize = context
    }
}
