internal import Compute
internal import Kernels

extension QFormer {
    /// Reads the Q-Former, its queries and the projection to `visualSize`. `root` is the checkpoint as a whole.
    init(
        _ configuration: Blip2Configuration.QFormerShape, queries: Int, visionSize: Int, visualSize: Int,
        root: TensorScope
    ) throws {
        let shape = try configuration.shape()
        let (width, attention) = (shape.width, shape.attention)
        guard configuration.encoder_hidden_size ?? visionSize == visionSize else {
            throw VLMError(
                .checkpointMalformed,
                "config.json: the Q-Former reads rows of \(configuration.encoder_hidden_size ?? 0) numbers, the vision "
                    + "tower makes \(visionSize)")
        }
        let scope = root.inner("qformer")
        var keyValue: [BiasedLinear] = []
        var blocks: [TransformerStack.Block] = []
        for index in 0..<configuration.layers {
            let layer = scope.inner("encoder.layer.\(index)")
            var cross: TransformerStack.Cross?
            if configuration.hasCrossAttention(index) {
                let part = layer.inner("crossattention")
                keyValue.append(
                    try part.linear(["attention.key", "attention.value"], outputs: attention, inputs: visionSize))
                cross = TransformerStack.Cross(
                    norm: try part.norm("output.LayerNorm", width),
                    query: try part.linear(["attention.query"], outputs: attention, inputs: width),
                    output: try part.linear(["output.dense"], outputs: width, inputs: attention))
            }
            let part = layer.inner("attention")
            blocks.append(
                TransformerStack.Block(
                    attentionNorm: try part.norm("output.LayerNorm", width),
                    queryKeyValue: try part.linear(
                        ["query", "key", "value"].map { "attention.\($0)" }, outputs: attention, inputs: width),
                    output: try part.linear(["output.dense"], outputs: width, inputs: attention), cross: cross,
                    mlpNorm: try layer.norm("output_query.LayerNorm", width),
                    first: try layer.linear(["intermediate_query.dense"], outputs: shape.inner, inputs: width),
                    second: try layer.linear(["output_query.dense"], outputs: width, inputs: shape.inner)))
        }
        let stack = TransformerStack(shape: shape, blocks: blocks)
        let norm = try scope.norm("layernorm", width)
        var tokens = Matrix(
            rows: queries, columns: width, values: try root.floats("query_tokens", [1, queries, width]))
        tokens.values.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { stack.normalise(base, norm, rows: queries, into: base) }
        }
        self.init(
            stack: stack, tokens: tokens, keyValue: keyValue,
            projection: try root.linear(["language_projection"], outputs: visualSize, inputs: width))
    }
}
