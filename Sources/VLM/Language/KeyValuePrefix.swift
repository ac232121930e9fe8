internal import Compute

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

/// Keys and values, `[blocks, keyValueHeads, capacity, headSize]` each.
final class KeyValueCache: Sendable {
    let capacity: Int
    let keys: FloatBuffer
    let values: FloatBuffer

    init(capacity: Int, configuration: LlamaConfiguration) {
        self.capacity = capacity
        let count = configuration.blocks * configuration.keyWidth * capacity
        keys = FloatBuffer(count: count)
        values = FloatBuffer(count: count)
    }

    /// Copies the first `count` positions to those from `start` on in another cache.
    func copy(_ count: Int, to other: KeyValueCache, at start: Int, configuration: LlamaConfiguration) {
        let size = configuration.headSize
        for head in 0..<configuration.blocks * configuration.keyValueHeads {
            let from = head * capacity * size
            let to = (head * other.capacity + start) * size
            (other.keys.pointer + to).update(from: keys.pointer + from, count: count * size)
            (other.values.pointer + to).update(from: values.pointer + from, count: count * size)
        }
    }
}
