package import Compute

extension LlamaModel {
    /// What rows behind a prefix pay to each of its positions, mean over blocks and heads, `[rows, prefix.count]`.
    /// Throws `invalidArgument` for rows of another width and `contextOverflow`.
    package func attention(of rows: Matrix, to prefix: KeyValuePrefix) throws -> Matrix {
        let c = configuration
        guard rows.columns == c.hiddenSize, rows.rows > 0 else {
            throw VLMError(
                .invalidArgument, "attention of \(rows.rows) x \(rows.columns); rows of \(c.hiddenSize) are needed")
        }
        try prefix.check(c)
        try checkContext(prefix.count + rows.rows)
        // The training layout keeps every block's probabilities; a target of one token is never read.
        let sample = LlamaTrainingSample(prefix: prefix, conceptNorm: 1, prompt: [], target: [0])
        let batch = LlamaBatch(
            [
                LlamaConceptBatch(
                    samples: [sample], concept: rows, regularizer: AttentionRegularizer(weight: 0, direction: .row))
            ], heads: c.queryHeads)
        let sequences = batch.sequences
        let pieces = TransformerActivations.pieces(stack, sequences, isKept: true)
        return stack.workspaces.with(pieces: pieces) { workspace in
            let activations = TransformerActivations(stack, sequences, isKept: true, in: workspace)
            activations.hidden.update(from: rows.values, count: rows.values.count)
            stack.forward(activations, sequences)
            var mean = Matrix(rows: rows.rows, columns: prefix.count)
            let keys = prefix.count + batch.rows
            let maps = c.blocks * c.queryHeads
            for map in 0..<maps {
                for row in 0..<rows.rows {
                    let paid = activations.probabilities + (map * batch.rows + row) * keys
                    for key in 0..<prefix.count { mean[row, key] += paid[key] / Float(maps) }
                }
            }
            return mean
        }
    }
}
