internal import Compute
internal import Kernels

/// Some rows of a packed batch that belong to one sequence, and what they attend to.
struct TransformerSequence {
    /// Its first row in the packed matrices.
    let row: Int
    /// Rows.
    let count: Int
    /// Rows before them, whose keys and values lie in the cache.
    var past = 0
    /// Where keys and values are kept for rows to come; nil: nobody follows.
    var cache: TransformerCache?
    /// Keys that cross-attention reads.
    var memoryCount = 0
    /// Keys and values of the n-th block with cross-attention: a first and a second stretch.
    var memory: ((_ block: Int) -> (first: mk_keys, second: mk_keys))?
    /// The loss has this times the sum of squared cross-attention to the second stretches.
    var penalty: Float = 0

    /// Attention probabilities of one head, of self-attention.
    var scores: Int { count * (past + count) }
    /// The same of cross-attention.
    var crossScores: Int { count * memoryCount }
}

/// Keys and values of a running sequence, `[blocks, heads, capacity, headSize]` each. Confined to one task at a time.
final class TransformerCache: @unchecked Sendable {
    // Unchecked: only the sequence it belongs to writes it, and a sequence is confined to one task at a time.
    let capacity: Int
    private let shape: TransformerShape
    private let blocks: Int
    private let keys: FloatBuffer
    private let values: FloatBuffer

    init(capacity: Int, stack: TransformerStack) {
        self.capacity = capacity
        shape = stack.shape
        blocks = stack.blocks.count
        keys = FloatBuffer(count: blocks * shape.attention * capacity)
        values = FloatBuffer(count: blocks * shape.attention * capacity)
    }

    /// Takes over keys and values of rows `[count, 3 * attention]` from position `start` on.
    func write(_ queryKeyValue: UnsafePointer<Float>, block: Int, from start: Int, count: Int) {
        let (attention, size) = (shape.attention, shape.headSize)
        for row in 0..<count {
            let from = queryKeyValue + row * 3 * attention + attention
            for head in 0..<shape.heads {
                let to = ((block * shape.heads + head) * capacity + start + row) * size
                (keys.pointer + to).update(from: from + head * size, count: size)
                (values.pointer + to).update(from: from + attention + head * size, count: size)
            }
        }
    }

    /// The first `count` positions as the kernels see them.
    func stretch(block: Int, count: Int) -> mk_keys {
        var stretch = mk_keys()
        let start = block * shape.attention * capacity
        stretch.keys = UnsafePointer(keys.pointer + start)
        stretch.values = UnsafePointer(values.pointer + start)
        stretch.count = count
        stretch.stride = shape.headSize
        stretch.head = capacity * shape.headSize
        return stretch
    }

    /// A copy whose first `count` positions are the same.
    func copy(_ count: Int, stack: TransformerStack) -> TransformerCache {
        let other = TransformerCache(capacity: capacity, stack: stack)
        for head in 0..<blocks * shape.heads {
            let start = head * capacity * shape.headSize
            (other.keys.pointer + start).update(from: keys.pointer + start, count: count * shape.headSize)
            (other.values.pointer + start).update(from: values.pointer + start, count: count * shape.headSize)
        }
        return other
    }
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
