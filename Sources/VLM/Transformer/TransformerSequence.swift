internal import Compute
internal import Kernels

/// Some rows of a packed batch that belong to one sequence, and what they attend to.
struct TransformerSequence {
    /// Its first row in the packed matrices.
    let row: Int
    /// Rows.
    let count: Int
    /// What stands before everything else, shared with others.
    var prefix: KeyValuePrefix?
    /// Rows between the prefix and these, whose keys and values lie in the cache.
    var past = 0
    /// Where keys and values are kept for rows to come; nil: nobody follows.
    var cache: KeyValueCache?
    /// What the loss adds for self-attention; its second stretch is what stands behind the prefix.
    var penalty = mk_attention_penalty()
    /// Keys that cross-attention reads.
    var memoryCount = 0
    /// Keys and values of the n-th block with cross-attention: a first and a second stretch.
    var memory: ((_ block: Int) -> (first: mk_keys, second: mk_keys))?
    /// What the loss adds for cross-attention.
    var crossPenalty = mk_attention_penalty()

    /// The position of the first row.
    var position: Int { (prefix?.count ?? 0) + past }
    /// Attention probabilities of one head, of self-attention.
    var scores: Int { count * (position + count) }
    /// The same of cross-attention.
    var crossScores: Int { count * memoryCount }
}

/// Keys and values that do not change, `[blocks, 2, heads, count, headSize]`: a picture's for the Q-Former, an encoder's
/// output for a decoder. Immutable once made.
final class TransformerMemory: Sendable {
    let count: Int
    private let heads: Int
    private let size: Int
    private let buffer: FloatBuffer

    /// Of `rows` `[count, width]` through the maps of all blocks with cross-attention, `[2 * attention, width]` each.
    /// `seen` is given what a map made, `[count, 2 * attention]`.
    init(
        rows: Matrix, maps: [BiasedLinear], heads: Int, size: Int,
        seen: (_ block: Int, _ keyValues: Matrix) -> Void = { _, _ in }
    ) {
        let (count, attention) = (rows.rows, heads * size)
        self.count = count
        self.heads = heads
        self.size = size
        buffer = FloatBuffer(count: maps.count * 2 * attention * count)
        for (block, map) in maps.enumerated() {
            let made = map(rows)
            seen(block, made)
            made.values.withUnsafeBufferPointer { made in
                guard let from = made.baseAddress else { return }
                for part in 0..<2 * heads {
                    let to = buffer.pointer + (block * 2 * heads + part) * count * size
                    for row in 0..<count {
                        (to + row * size).update(from: from + row * 2 * attention + part * size, count: size)
                    }
                }
            }
        }
    }

    /// Of one block.
    func stretch(block: Int) -> mk_keys {
        var stretch = mk_keys()
        let keys = buffer.pointer + block * 2 * heads * count * size
        stretch.keys = UnsafePointer(keys)
        stretch.values = UnsafePointer(keys + heads * count * size)
        stretch.count = count
        stretch.stride = size
        stretch.head = count * size
        return stretch
    }
}
