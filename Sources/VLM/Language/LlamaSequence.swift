internal import Compute
internal import Kernels

/// A running sequence: a shared prefix, keys and values of its own behind it, and the logits of the next token.
///
/// Confined to one task at a time; different sequences may run at the same time.
public final class LlamaSequence {
    /// Logits of the next token, `[vocabularySize]`.
    public internal(set) var logits: [Float] = []
    /// Positions it may reach, prefix included.
    public let capacity: Int
    /// Positions used, prefix included.
    public var count: Int { prefixCount + own }

    let configuration: LlamaConfiguration
    let prefix: KeyValuePrefix?
    let cache: KeyValueCache
    /// Positions behind the prefix.
    var own = 0

    private var prefixCount: Int { prefix?.count ?? 0 }

    init(prefix: KeyValuePrefix?, capacity own: Int, configuration: LlamaConfiguration) {
        self.prefix = prefix
        self.configuration = configuration
        capacity = (prefix?.count ?? 0) + own
        cache = KeyValueCache(capacity: own, configuration: configuration)
    }

    /// The same sequence once more, to be continued another way; the prefix is shared.
    func copy() -> LlamaSequence {
        let other = LlamaSequence(prefix: prefix, capacity: cache.capacity, configuration: configuration)
        cache.copy(own, to: other.cache, at: 0, configuration: configuration)
        other.own = own
        other.logits = logits
        return other
    }

    /// The next `rows` positions as the kernels see them, whose rows start at `row` of a packed batch.
    func descriptor(row: Int, rows: Int) -> mk_sequence {
        let size = configuration.headSize
        return mk_sequence(
            row: row, count: rows, prefix: prefixCount, prefix_keys: UnsafePointer(prefix?.cache.keys.pointer),
            prefix_values: UnsafePointer(prefix?.cache.values.pointer),
            prefix_block: prefixCount * configuration.keyWidth, tail_keys: cache.keys.pointer,
            tail_values: cache.values.pointer, tail_block: cache.capacity * configuration.keyWidth,
            tail_head: cache.capacity * size, tail_row: size, tail_start: own, probabilities: nil)
    }
}
