internal import Compute
internal import Kernels

/// Keys and values of positions, `[blocks, keyHeads, capacity, headSize]` each: of a running sequence, or of a prefix that
/// many share.
///
/// Whoever extends it is the sequence it belongs to, and a sequence is confined to one task at a time; a prefix is written
/// before it is shared and never after.
final class KeyValueCache: Sendable {
    let capacity: Int
    private let shape: TransformerShape
    private let blocks: Int
    private let keys: FloatBuffer
    private let values: FloatBuffer

    init(capacity: Int, blocks: Int, shape: TransformerShape) {
        self.capacity = capacity
        self.blocks = blocks
        self.shape = shape
        keys = FloatBuffer(count: blocks * shape.keyWidth * capacity)
        values = FloatBuffer(count: blocks * shape.keyWidth * capacity)
    }

    private func start(block: Int) -> Int { block * shape.keyWidth * capacity }

    /// The first `count` positions as the kernels see them.
    func stretch(block: Int, count: Int) -> mk_keys {
        var stretch = mk_keys()
        stretch.keys = UnsafePointer(keys.pointer + start(block: block))
        stretch.values = UnsafePointer(values.pointer + start(block: block))
        stretch.count = count
        stretch.stride = shape.headSize
        stretch.head = capacity * shape.headSize
        return stretch
    }

    /// Lets new rows be kept from position `start` on.
    func place(_ rows: inout mk_new_rows, block: Int, from start: Int) {
        let first = self.start(block: block) + start * shape.headSize
        rows.keys = keys.pointer + first
        rows.values = values.pointer + first
        rows.stride = shape.headSize
        rows.head = capacity * shape.headSize
    }

    /// Copies the first `count` positions to those from `start` on in another cache.
    func copy(_ count: Int, to other: KeyValueCache, at start: Int = 0) {
        let size = shape.headSize
        for head in 0..<blocks * shape.keyHeads {
            let (from, to) = (head * capacity * size, (head * other.capacity + start) * size)
            (other.keys.pointer + to).update(from: keys.pointer + from, count: count * size)
            (other.values.pointer + to).update(from: values.pointer + from, count: count * size)
        }
    }

    /// A cache of the same size whose first `count` positions are the same.
    func copy(_ count: Int) -> KeyValueCache {
        let other = KeyValueCache(capacity: capacity, blocks: blocks, shape: shape)
        copy(count, to: other)
        return other
    }
}

/// The keys and values of the first positions of a sequence, shared by every sequence and training step that starts
/// with them. Immutable; safe from any thread.
public final class KeyValuePrefix: Sendable {
    /// Positions.
    public let count: Int
    let configuration: LlamaConfiguration
    let cache: KeyValueCache

    init(count: Int, configuration: LlamaConfiguration, cache: KeyValueCache) {
        self.count = count
        self.configuration = configuration
        self.cache = cache
    }

    /// Throws `invalidArgument` for a prefix of a model of another shape.
    func check(_ configuration: LlamaConfiguration) throws {
        guard configuration == self.configuration else {
            throw VLMError(.invalidArgument, "the prefix was made by a model of another shape")
        }
    }
}
