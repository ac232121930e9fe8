internal import Compute
internal import Kernels

/// What a forward pass of `rows` packed rows writes. With `kept` blocks every block has its own part of the buffers, so
/// that a backward pass finds them; with none all blocks share one.
struct LlamaActivations {
    let rows: Int
    let hidden: UnsafeMutablePointer<Float>  // [rows, hidden], the residual stream: embeddings in, last block out
    let normed: UnsafeMutablePointer<Float>  // [rows, hidden]
    let queryKeyValue: UnsafeMutablePointer<Float>  // [blocks or 1, rows, attentionWidth]
    let attended: UnsafeMutablePointer<Float>  // [rows, queryWidth]
    let gateUp: UnsafeMutablePointer<Float>  // [blocks or 1, rows, 2 * intermediate]
    let gated: UnsafeMutablePointer<Float>  // [rows, intermediate]
    let before: UnsafeMutablePointer<Float>?  // [blocks, rows, hidden], what a block reads
    let between: UnsafeMutablePointer<Float>?  // [blocks, rows, hidden], what its feed-forward part reads

    /// Sizes of the buffers in the order they are taken.
    static func pieces(rows: Int, kept: Bool, _ c: LlamaConfiguration) -> [Int] {
        let blocks = kept ? c.blocks : 1
        let residual = kept ? rows * c.hiddenSize * blocks : 0
        return [
            rows * c.hiddenSize, rows * c.hiddenSize, blocks * rows * c.attentionWidth, rows * c.queryWidth,
            blocks * rows * 2 * c.intermediateSize, rows * c.intermediateSize, residual, residual,
        ]
    }

    init(rows: Int, kept: Bool, _ c: LlamaConfiguration, in workspace: Workspace) {
        let buffers = LlamaActivations.pieces(rows: rows, kept: kept, c).map(workspace.take)
        self.rows = rows
        hidden = buffers[0]
        normed = buffers[1]
        queryKeyValue = buffers[2]
        attended = buffers[3]
        gateUp = buffers[4]
        gated = buffers[5]
        before = kept ? buffers[6] : nil
        between = kept ? buffers[7] : nil
    }

    var isKept: Bool { before != nil }
}

extension LlamaConfiguration {
    var attentionShape: mk_attention_shape {
        mk_attention_shape(query_heads: queryHeads, key_heads: keyValueHeads, size: headSize)
    }
}

extension LlamaModel {
    /// Runs all blocks over the rows in `a.hidden` and leaves the last block's output there; the sequences' keys and
    /// values are written behind what they hold.
    func forward(_ a: LlamaActivations, _ sequences: [mk_sequence]) {
        let c = configuration
        let rows = a.rows
        let residual = rows * c.hiddenSize
        for (index, block) in weights.blocks.enumerated() {
            Pause.point()
            let slot = a.isKept ? index : 0
            let queryKeyValue = a.queryKeyValue + slot * rows * c.attentionWidth
            let gateUp = a.gateUp + slot * rows * 2 * c.intermediateSize
            if let before = a.before { (before + index * residual).update(from: a.hidden, count: residual) }

            mk_rms_norm(a.hidden, block.attentionNorm, c.normEpsilon, rows, c.hiddenSize, a.normed)
            block.queryKeyValue.multiply(a.normed, rows: rows, into: queryKeyValue)
            mk_bias_activation(
                queryKeyValue, block.queryKeyValueBias, Int32(MK_ACTIVATION_NONE), rows, c.attentionWidth)
            mk_attention_prepare(
                c.attentionShape, index, sequences, sequences.count, queryKeyValue, rotary.cosine.pointer,
                rotary.sine.pointer)
            mk_attention(c.attentionShape, index, sequences, sequences.count, queryKeyValue, a.attended)
            block.output.multiply(a.attended, rows: rows, into: a.hidden, accumulate: true)

            if let between = a.between { (between + index * residual).update(from: a.hidden, count: residual) }
            mk_rms_norm(a.hidden, block.mlpNorm, c.normEpsilon, rows, c.hiddenSize, a.normed)
            block.gateUp.multiply(a.normed, rows: rows, into: gateUp)
            mk_activate(gateUp, Int32(MK_ACTIVATION_SILU), 1, rows, c.intermediateSize, a.gated)
            block.down.multiply(a.gated, rows: rows, into: a.hidden, accumulate: true)
        }
    }
}
