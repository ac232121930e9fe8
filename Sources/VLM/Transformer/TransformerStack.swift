internal import Compute
import Foundation
internal import Kernels

/// Frozen transformer blocks with self-attention, cross-attention where a block has it, and a feed-forward part.
///
/// Immutable; safe from any thread. A row's numbers depend on its own sequence alone.
package struct TransformerStack: Sendable {
    let shape: TransformerShape
    let blocks: [Block]
    /// Turns queries and keys by their positions (Llama).
    let rotary: RotaryTable?
    /// Added to the scores of self-attention (T5).
    let bias: RelativeBias?
    let workspaces = WorkspacePool()

    init(shape: TransformerShape, blocks: [Block], rotary: RotaryTable? = nil, bias: RelativeBias? = nil) {
        self.shape = shape
        self.blocks = blocks
        self.rotary = rotary
        self.bias = bias
    }

    /// Heads as the kernels see them.
    var heads: mk_attention_shape {
        mk_attention_shape(query_heads: shape.heads, key_heads: shape.keyHeads, size: shape.headSize)
    }

    /// A normalisation's weights. What has no bias has zeros, so that every kind of norm may be without one.
    struct Norm: Sendable {
        let weight: [Float]  // [width]
        let bias: [Float]  // [width]

        init(weight: [Float], bias: [Float]? = nil) {
            self.weight = weight
            self.bias = bias ?? [Float](repeating: 0, count: weight.count)
        }
    }

    struct Block: Sendable {
        let attentionNorm: Norm
        let queryKeyValue: BiasedLinear  // [queries + keys + values, width]
        let output: BiasedLinear  // [width, attention]
        let cross: Cross?
        let mlpNorm: Norm
        let first: BiasedLinear  // [wideInner, width]
        let second: BiasedLinear  // [width, inner]

        var maps: [BiasedLinear] {
            [queryKeyValue, output] + [cross?.query, cross?.output].compactMap { $0 } + [first, second]
        }
    }

    /// Attention to what stands outside of the stack; keys and values are made by whoever owns that.
    struct Cross: Sendable {
        let norm: Norm
        let query: BiasedLinear  // [attention, width]
        let output: BiasedLinear  // [width, attention]
    }

    /// Blocks with cross-attention.
    var crossBlocks: Int { blocks.count { $0.cross != nil } }

    /// y = norm(x); y may be x.
    func normalise(_ x: UnsafePointer<Float>, _ norm: Norm, rows: Int, into y: UnsafeMutablePointer<Float>) {
        switch shape.norm {
        case .layer: mk_layer_norm(x, norm.weight, norm.bias, shape.epsilon, rows, shape.width, y)
        case .rootMeanSquare: mk_rms_norm(x, norm.weight, shape.epsilon, rows, shape.width, y)
        }
    }

    /// The same for a matrix, in place.
    func normalise(_ x: inout Matrix, _ norm: Norm) {
        let rows = x.rows
        x.values.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { normalise(base, norm, rows: rows, into: base) }
        }
    }

    /// dx += the derivative of norm(x) times dy.
    func normaliseBackward(
        _ x: UnsafePointer<Float>, _ norm: Norm, _ dy: UnsafePointer<Float>, rows: Int,
        into dx: UnsafeMutablePointer<Float>
    ) {
        switch shape.norm {
        case .layer: mk_layer_norm_backward(x, norm.weight, shape.epsilon, dy, rows, shape.width, dx)
        case .rootMeanSquare: mk_rms_norm_backward(x, norm.weight, shape.epsilon, dy, rows, shape.width, dx)
        }
    }

    /// All linear maps.
    var maps: [BiasedLinear] { blocks.flatMap(\.maps) }

    /// Bytes of all packed matrices.
    package var bytes: Int { maps.reduce(0) { $0 + $1.weight.bytes } }

    /// Numbers in all matrices.
    var parameters: Int { maps.reduce(0) { $0 + $1.weight.outputs * $1.weight.inputs } }
}

/// What T5 adds to attention scores: a number for each head and distance between key and query (Raffel et al. 2020).
package final class RelativeBias: Sendable {
    /// Positions a sequence may have.
    let limit: Int
    private let line: Int
    private let table: FloatBuffer  // [heads, 2 * limit - 1], distance -(limit - 1) first

    /// `weights` are `[buckets, heads]`; `isBidirectional` for an encoder.
    init(weights: [Float], buckets: Int, heads: Int, farthest: Int, isBidirectional: Bool, limit: Int) {
        self.limit = limit
        line = 2 * limit - 1
        table = FloatBuffer(count: heads * line)
        for index in 0..<line {
            let bucket = Self.bucket(
                of: index - (limit - 1), buckets: buckets, farthest: farthest, isBidirectional: isBidirectional)
            for head in 0..<heads { table.pointer[head * line + index] = weights[bucket * heads + head] }
        }
    }

    /// The bucket of a distance (key minus query): half of them exact, the others growing like its logarithm.
    static func bucket(of distance: Int, buckets: Int, farthest: Int, isBidirectional: Bool) -> Int {
        var buckets = buckets
        var first = 0
        var distance = distance
        if isBidirectional {
            buckets /= 2
            if distance > 0 { first = buckets }
            distance = abs(distance)
        } else {
            distance = max(0, -distance)
        }
        let exact = buckets / 2
        if distance < exact { return first + distance }
        // In 32 bits, as the models were trained: at a power of two the quotient must come out whole.
        let share = log(Float(distance) / Float(exact)) / Float(log(Double(farthest) / Double(exact)))
        return first + min(exact + Int(share * Float(buckets - exact)), buckets - 1)
    }

    /// Puts the bias of rows that stand behind `past` others into a job.
    func place(in job: inout mk_attention_job, past: Int) {
        job.bias = UnsafePointer(table.pointer + (limit - 1 - past))
        job.bias_head = line
        job.bias_row = -1
    }
}
