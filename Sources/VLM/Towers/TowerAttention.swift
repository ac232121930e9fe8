internal import Compute
internal import Kernels

/// Full attention of a vision transformer with the memory it needs. Confined to one computation.
final class TowerAttention {
    private let tokens: Int
    private let heads: Int
    private let size: Int
    private let parts: FloatBuffer  // [heads, 4, tokens, size]: queries, keys, values, attended
    private let scores: FloatBuffer  // [heads, tokens, tokens]

    init(tokens: Int, heads: Int, size: Int) {
        self.tokens = tokens
        self.heads = heads
        self.size = size
        parts = FloatBuffer(count: heads * 4 * tokens * size)
        scores = FloatBuffer(count: heads * tokens * tokens)
    }

    /// What the heads share. `@unchecked Sendable`: a head reads `qkv` and writes its own parts of the other memory, and
    /// all heads end before the call that holds the pointers returns.
    private struct Work: @unchecked Sendable {
        let qkv: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let parts: UnsafeMutablePointer<Float>
        let scores: UnsafeMutablePointer<Float>
    }

    /// softmax(q k^T / sqrt(size)) v of every head: out `[tokens, heads * size]` of qkv `[tokens, 3 * heads * size]`.
    func callAsFunction(_ qkv: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
        let (tokens, heads, size) = (tokens, heads, size)
        let work = Work(qkv: qkv, out: out, parts: parts.pointer, scores: scores.pointer)
        let scale = 1 / Float(size).squareRoot()
        Parallel.forEachChunk(of: heads, grain: 1) { lower, upper in
            for head in lower..<upper {
                let area = tokens * size
                let own = work.parts + head * 4 * area
                let scores = work.scores + head * tokens * tokens
                let row = heads * size
                for part in 0..<3 {
                    for token in 0..<tokens {
                        (own + part * area + token * size).update(
                            from: work.qkv + token * 3 * row + part * row + head * size, count: size)
                    }
                }
                Gemm.multiply(own, transposed: own + area, into: scores, m: tokens, n: tokens, k: size)
                for row in 0..<tokens {
                    let scores = scores + row * tokens
                    for key in 0..<tokens { scores[key] *= scale }
                    mk_softmax(scores, tokens)
                }
                Gemm.multiply(scores, own + 2 * area, into: own + 3 * area, m: tokens, n: size, k: tokens)
                for token in 0..<tokens {
                    (work.out + token * row + head * size).update(
                        from: own + 3 * area + token * size, count: size)
                }
            }
        }
    }
}
