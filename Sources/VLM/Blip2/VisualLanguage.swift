package import Compute

/// The language side of a BLIP-2 model: it reads the projected queries, then a prompt, and speaks.
package protocol VisualLanguage: Sendable {
    /// Width of a projected query.
    var visualSize: Int { get }
    /// Number of tokens.
    var vocabularySize: Int { get }
    /// Positions a sequence may have, the queries included.
    var contextSize: Int { get }
    /// Bytes a decoded token reads of the weights.
    var bytesPerToken: Int { get }

    /// A running answer to `visual` `[queries, visualSize]` (nil: a text alone) and a prompt.
    func begin(visual: Matrix?, prompt: [Int32], capacity: Int) throws -> VisualSequence
    /// Appends `tokens[i]` to `sequences[i]` and renews its logits.
    func step(_ sequences: [VisualSequence], tokens: [Int32]) throws
    /// The same answer once more, to be continued another way.
    func copy(_ sequence: VisualSequence) -> VisualSequence
    /// Logits of every target token, `[target.count, vocabularySize]`, as training sees them.
    func logits(visual: Matrix, prompt: [Int32], target: [Int32]) throws -> Matrix
    /// Mean cross-entropy over all target tokens of the samples, and its gradient by `visual`, the projected queries of
    /// all samples one after the other.
    func loss(_ samples: [VisualSample], visual: Matrix) throws -> (crossEntropy: Double, gradient: Matrix)
}

/// What follows the queries of one sample.
package struct VisualSample: Sendable {
    let prompt: [Int32]
    let target: [Int32]
}

/// A running answer of a BLIP-2 language side. Confined to one task at a time.
package final class VisualSequence: Decoding {
    package internal(set) var logits: [Float] = []
    /// Positions used, the queries included.
    package internal(set) var count: Int
    /// Positions it may reach.
    let capacity: Int
    let cache: KeyValueCache
    /// What the decoder of an encoder-decoder attends to.
    let memory: TransformerMemory?

    init(count: Int, capacity: Int, cache: KeyValueCache, memory: TransformerMemory? = nil) {
        self.count = count
        self.capacity = capacity
        self.cache = cache
        self.memory = memory
    }
}

extension VisualLanguage {
    /// Throws `invalidArgument` for an unknown token.
    func check(_ tokens: [Int32]) throws {
        if let unknown = tokens.first(where: { $0 < 0 || Int($0) >= vocabularySize }) {
            throw VLMError(.invalidArgument, "token \(unknown) is not one of \(vocabularySize)")
        }
    }

    /// Throws `contextOverflow` when a sequence would have more positions than the model.
    func check(used: Int, capacity: Int) throws {
        guard capacity >= 0 else { throw VLMError(.invalidArgument, "a capacity of \(capacity) tokens") }
        guard used <= contextSize, capacity <= contextSize - used else {
            throw VLMError(
                .contextOverflow,
                "\(used) positions and \(capacity) tokens more do not fit the model's \(contextSize); shorten the prompt"
            )
        }
    }

    /// What `step` checks before anything changes.
    func check(_ sequences: [VisualSequence], tokens: [Int32]) throws {
        guard sequences.count == tokens.count else {
            throw VLMError(.invalidArgument, "\(tokens.count) tokens for \(sequences.count) sequences")
        }
        try check(tokens)
        guard Set(sequences.map(ObjectIdentifier.init)).count == sequences.count else {
            throw VLMError(.invalidArgument, "a sequence stands twice in a batch")
        }
        for sequence in sequences where sequence.count >= sequence.capacity {
            throw VLMError(.contextOverflow, "the sequence is at its capacity of \(sequence.capacity) positions")
        }
    }

    /// What `loss` checks.
    func check(_ samples: [VisualSample], visual: Matrix) throws {
        guard !samples.isEmpty, visual.columns == visualSize, visual.rows % samples.count == 0 else {
            throw VLMError(
                .invalidArgument, "\(samples.count) samples with visual rows of \(visual.rows) x \(visual.columns)")
        }
        for sample in samples {
            guard !sample.target.isEmpty else { throw VLMError(.invalidArgument, "a sample without target tokens") }
            try check(sample.prompt)
            try check(sample.target)
        }
    }
}
