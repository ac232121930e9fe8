package import Compute

/// The norm that concept rows are rescaled to.
package enum ConceptNorm: Sendable {
    /// That of the first visual token (published LLaVA code, llava_arch.py).
    case firstToken
    /// The mean of those of all visual tokens (published MiniGPT-v2 code, minigpt_v2.py).
    case meanOfTokens

    /// The norm beside these visual tokens, of which there is one at least.
    func callAsFunction(_ visual: Matrix) -> Float {
        func length(_ row: Int) -> Float { visual.row(row).reduce(Float(0)) { $0 + $1 * $1 }.squareRoot() }
        switch self {
        case .firstToken: return length(0)
        case .meanOfTokens: return (0..<visual.rows).reduce(Float(0)) { $0 + length($1) } / Float(visual.rows)
        }
    }
}

/// The language side of an assembly: a decoder that reads visual rows, then concept rows, then a prompt.
///
/// What LLaVA-shaped models have in common. Immutable; safe from any thread.
package struct ConceptLanguage: Sendable {
    package let model: LlamaModel
    private let norm: ConceptNorm

    /// Over a decoder.
    package init(_ model: LlamaModel, norm: ConceptNorm = .firstToken) {
        self.model = model
        self.norm = norm
    }

    var hiddenSize: Int { model.configuration.hiddenSize }
    var contextSize: Int { model.configuration.contextSize }

    /// The prefix of leading tokens and the visual tokens after them.
    func prefix(leading: [Int32], visual: Matrix) throws -> any ImagePrefix {
        guard visual.columns == hiddenSize, visual.rows > 0 else {
            throw VLMError(
                .invalidArgument,
                "visual tokens of \(visual.rows) x \(visual.columns); columns of \(hiddenSize) are needed")
        }
        let text = try model.embeddings(of: leading)
        let rows = Matrix(rows: text.rows + visual.rows, columns: visual.columns, values: text.values + visual.values)
        return ConceptPrefix(cache: try model.prefix(of: rows), conceptNorm: norm(visual))
    }

    /// See `FrozenVLM.begin`.
    func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        let prefix = try own(prefix)
        let suffix = try rows(concepts: concepts, norm: prefix.conceptNorm, prompt: prompt)
        return ConceptDecoding(try model.begin(suffix, after: prefix.cache, capacity: capacity))
    }

    /// A sequence without a picture.
    func begin(rows: Matrix, capacity: Int) throws -> any Decoding {
        ConceptDecoding(try model.begin(rows, after: nil, capacity: capacity))
    }

    /// See `AttentionModel.attention`; `visual` tokens are the last positions of the prefix.
    func attention(of concepts: [Matrix], prefix: any ImagePrefix, visual: Int) throws -> [[Float]] {
        guard !concepts.isEmpty else { return [] }
        let prefix = try own(prefix)
        let rows = try rows(concepts: concepts, norm: prefix.conceptNorm, prompt: [])
        let paid = try model.attention(of: rows, to: prefix.cache)
        var row = 0
        return concepts.map { concept in
            defer { row += concept.rows }
            return (prefix.count - visual..<prefix.count).map { key in
                (row..<row + concept.rows).reduce(Float(0)) { $0 + paid[$1, key] } / Float(max(concept.rows, 1))
            }
        }
    }

    /// Rescaled concept rows followed by the embeddings of a prompt.
    package func rows(concepts: [Matrix], norm: Float, prompt: [Int32]) throws -> Matrix {
        var rows: [Float] = []
        for concept in concepts {
            guard concept.columns == hiddenSize else {
                throw VLMError(
                    .invalidArgument, "a concept row has \(concept.columns) elements, expected \(hiddenSize)")
            }
            rows += ConceptRow.rescaled(concept, to: norm).values
        }
        rows += try model.embeddings(of: prompt).values
        return Matrix(rows: rows.count / hiddenSize, columns: hiddenSize, values: rows)
    }

    /// See `AnswerModel.step`.
    func step(_ states: [any Decoding], tokens: [Int32]) throws {
        try model.step(try states.map { try own($0) }, tokens: tokens)
    }

    /// See `BranchingModel.copy`.
    func copy(_ state: any Decoding) throws -> any Decoding { ConceptDecoding(try own(state).copy()) }

    private func own(_ state: any Decoding) throws -> LlamaSequence {
        guard let state = state as? ConceptDecoding else {
            throw VLMError(.invalidArgument, "a sequence of another kind of model cannot be stepped by this one")
        }
        return state.sequence
    }

    /// See `ConceptTrainable.losses`.
    func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss] {
        try model.losses(of: try batches.map(decoderBatch))
    }

    /// See `ConceptTrainable.crossEntropies`.
    func crossEntropies(of batches: [ConceptBatch]) throws -> [Float] {
        try model.crossEntropies(of: try batches.map(decoderBatch))
    }

    private func decoderBatch(_ batch: ConceptBatch) throws -> LlamaConceptBatch {
        let samples = try batch.samples.map { sample in
            let prefix = try own(sample.prefix)
            return LlamaTrainingSample(
                prefix: prefix.cache, conceptNorm: prefix.conceptNorm, prompt: sample.prompt, target: sample.target)
        }
        return LlamaConceptBatch(samples: samples, concept: batch.concept, regularizer: batch.regularizer)
    }

    /// The cache behind a prefix of this kind of model.
    package func cache(of prefix: any ImagePrefix) throws -> KeyValuePrefix { try own(prefix).cache }

    private func own(_ prefix: any ImagePrefix) throws -> ConceptPrefix {
        guard let prefix = prefix as? ConceptPrefix else {
            throw VLMError(.invalidArgument, "a prefix of another kind of model cannot be used by this one")
        }
        return prefix
    }
}

/// Keys and values of what stands before the concept rows.
private final class ConceptPrefix: ImagePrefix {
    let cache: KeyValuePrefix
    let conceptNorm: Float
    var count: Int { cache.count }

    init(cache: KeyValuePrefix, conceptNorm: Float) {
        self.cache = cache
        self.conceptNorm = conceptNorm
    }
}

/// A running answer.
private final class ConceptDecoding: Decoding {
    let sequence: LlamaSequence
    var logits: [Float] { sequence.logits }
    var count: Int { sequence.count }

    init(_ sequence: LlamaSequence) { self.sequence = sequence }
}
