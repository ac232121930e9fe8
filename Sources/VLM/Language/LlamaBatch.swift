internal import Compute
internal import Kernels

/// How the samples of a training step lie in the packed matrices: concept after concept, sample after sample.
struct LlamaBatch {
    /// One concept's part.
    struct Part {
        let samples: Range<Int>
        let targets: Range<Int>
    }

    let parts: [Part]
    /// One a sample.
    let sequences: [TransformerSequence]
    let rows: Int
    /// Rows whose logits are compared with `targets`.
    let predicting: [Int]
    let targets: [Int32]

    /// Concepts' rows behind the prefixes of their samples.
    init(_ batches: [LlamaConceptBatch], heads: Int) {
        var parts: [Part] = []
        var sequences: [TransformerSequence] = []
        var targets: [Int32] = []
        var predicting: [Int] = []
        var rows = 0
        for batch in batches {
            let (firstSample, firstTarget) = (sequences.count, targets.count)
            for sample in batch.samples {
                let count = batch.concept.rows + sample.prompt.count + sample.target.count - 1
                var sequence = TransformerSequence(row: rows, count: count, prefix: sample.prefix)
                sequence.penalty = Self.penalty(
                    batch.regularizer, rows: batch.concept.rows, entries: heads * (sample.prefix.count + count))
                sequences.append(sequence)
                rows += count
                predicting += (rows - sample.target.count)..<rows
                targets += sample.target
            }
            parts.append(
                Part(samples: firstSample..<sequences.count, targets: firstTarget..<targets.count))
        }
        self.parts = parts
        self.sequences = sequences
        self.rows = rows
        self.predicting = predicting
        self.targets = targets
    }

    /// The mean over heads and all keys (or queries) of the sequence; masked entries count as zeros.
    private static func penalty(
        _ regularizer: AttentionRegularizer, rows: Int, entries: Int
    ) -> mk_attention_penalty {
        mk_attention_penalty(
            weight: Double(regularizer.weight) / Double(entries),
            of: Int32(regularizer.direction == .row ? MK_PENALTY_OF_ROWS : MK_PENALTY_OF_LATER_ROWS), marked: rows)
    }
}
