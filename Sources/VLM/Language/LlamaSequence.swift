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
        cache = KeyValueCache(capacity: own, blocks: configuration.blocks, shape: configuration.shape)
    }

    private init(_ other: LlamaSequence) {
        prefix = other.prefix
        configuration = other.configuration
        capacity = other.capacity
        cache = other.cache.copy(other.own)
        own = other.own
        logits = other.logits
    }

    /// The same sequence once more, to be continued another way; the prefix is shared.
    func copy() -> LlamaSequence { LlamaSequence(self) }

    /// The next `count` positions, whose rows start at `row` of a packed batch.
    func next(row: Int, count: Int) -> TransformerSequence {
        TransformerSequence(row: row, count: count, prefix: prefix, past: own, cache: cache)
    }
}
