public import Compute
internal import Kernels

extension LlamaModel {
    /// Loss and gradient of a batch of samples that share one concept embedding, `[tokens, hiddenSize]`.
    ///
    /// The cross-entropy is the mean over all target tokens of the batch. The last target token is predicted, never
    /// read. The regulariser is lambda times the sum over blocks, samples and concept rows of the mean over heads and
    /// keys (`row`) or queries (`column`) of the squared attention, where keys and queries count all positions read,
    /// prefix included, and masked ones are zeros; a column counts what strictly later positions pay to the concept row.
    /// The prefix stands before the rows and cannot depend on them: its keys and values are constants.
    ///
    /// All samples are packed into one matrix for the linear maps. Weights get no gradient. Throws `invalidArgument`
    /// for an empty batch or target, an unknown token, or rows of another width, and `contextOverflow`.
    public func loss(
        of samples: [LlamaTrainingSample], concept: Matrix, regularizer: AttentionRegularizer
    ) throws -> ConceptLoss {
        try check(samples, concept: concept)
        let c = configuration
        let batch = LlamaBatch(samples, conceptRows: concept.rows, configuration: c)
        let pieces = LlamaActivations.pieces(rows: batch.rows, kept: true, c) + batch.pieces
        return try workspaces.with(pieces: pieces) { workspace in
            let activations = LlamaActivations(rows: batch.rows, kept: true, c, in: workspace)
            let buffers = batch.buffers(in: workspace)
            for (index, sample) in samples.enumerated() {
                let start = activations.hidden + batch.starts[index] * c.hiddenSize
                let rescaled = ConceptRow.rescaled(concept, to: sample.conceptNorm)
                start.update(from: rescaled.values, count: rescaled.values.count)
                let read = sample.prompt + sample.target.dropLast()
                try writeEmbeddings(of: read, to: start + rescaled.values.count)
            }
            let sequences = batch.sequences(samples, activations, probabilities: buffers.probabilities)
            forward(activations, sequences)
            let crossEntropy = headLoss(batch, activations, buffers)
            let penalty = mk_attention_penalty(
                weight: regularizer.weight, column: regularizer.direction == .column ? 1 : 0, marked: concept.rows)
            let regularization = backward(activations, sequences, buffers, penalty: penalty)

            var gradient = Matrix(rows: concept.rows, columns: concept.columns)
            for (index, sample) in samples.enumerated() {
                let start = buffers.gradient + batch.starts[index] * c.hiddenSize
                let rows = Matrix(
                    rows: concept.rows, columns: concept.columns,
                    values: Array(UnsafeBufferPointer(start: start, count: concept.values.count)))
                let part = ConceptRow.rescaledBackward(concept, to: sample.conceptNorm, gradient: rows)
                for element in part.values.indices { gradient.values[element] += part.values[element] }
            }
            return ConceptLoss(
                crossEntropy: Float(crossEntropy), regularization: Float(regularization), gradient: gradient)
        }
    }

    private func check(_ samples: [LlamaTrainingSample], concept: Matrix) throws {
        guard !samples.isEmpty else { throw VLMError(.invalidArgument, "a batch without samples") }
        guard concept.columns == configuration.hiddenSize, concept.rows > 0 else {
            throw VLMError(
                .invalidArgument,
                "a concept of \(concept.rows) x \(concept.columns); rows of \(configuration.hiddenSize) are needed")
        }
        for sample in samples {
            guard !sample.target.isEmpty else { throw VLMError(.invalidArgument, "a sample without target tokens") }
            try check(sample.prompt)
            try check(sample.target)
            try sample.prefix.check(configuration)
            try checkContext(sample.prefix.count + concept.rows + sample.prompt.count + sample.target.count)
        }
    }

    /// Mean cross-entropy; leaves the gradient of the hidden states, which is zero but for rows that predict targets.
    private func headLoss(_ batch: LlamaBatch, _ a: LlamaActivations, _ buffers: LlamaBatch.Buffers) -> Double {
        let width = configuration.hiddenSize
        let count = batch.targets.count
        for (index, row) in batch.predicting.enumerated() {
            (buffers.chosen + index * width).update(from: a.hidden + row * width, count: width)
        }
        writeLogits(of: buffers.chosen, count: count, normed: buffers.chosenNormed, to: buffers.logits)
        var losses = [Double](repeating: 0, count: count)
        mk_cross_entropy(
            buffers.logits, batch.targets, count, configuration.vocabularySize, 1 / Float(count), &losses)
        weights.head.multiplyTransposed(buffers.logits, rows: count, into: buffers.chosenNormed)
        buffers.chosenGradient.update(repeating: 0, count: count * width)
        mk_rms_norm_backward(
            buffers.chosen, weights.finalNorm, configuration.normEpsilon, buffers.chosenNormed, count, width,
            buffers.chosenGradient)
        buffers.gradient.update(repeating: 0, count: a.rows * width)
        for (index, row) in batch.predicting.enumerated() {
            (buffers.gradient + row * width).update(from: buffers.chosenGradient + index * width, count: width)
        }
        return losses.reduce(0, +) / Double(count)
    }

    /// Takes the gradient of the hidden states from the last block's output to the first block's input; returns the
    /// regulariser.
    private func backward(
        _ a: LlamaActivations, _ sequences: [mk_sequence], _ buffers: LlamaBatch.Buffers,
        penalty: mk_attention_penalty
    ) -> Double {
        guard let before = a.before, let between = a.between else { preconditionFailure("activations were not kept") }
        let c = configuration
        let rows = a.rows
        var regularization = 0.0
        for (index, block) in weights.blocks.enumerated().reversed() {
            let gateUp = a.gateUp + index * rows * 2 * c.intermediateSize
            block.down.multiplyTransposed(buffers.gradient, rows: rows, into: a.gated)
            mk_swiglu_backward(gateUp, a.gated, rows, c.intermediateSize, buffers.wide)
            block.gateUp.multiplyTransposed(buffers.wide, rows: rows, into: a.normed)
            mk_rms_norm_backward(
                between + index * rows * c.hiddenSize, block.mlpNorm, c.normEpsilon, a.normed, rows, c.hiddenSize,
                buffers.gradient)

            block.output.multiplyTransposed(buffers.gradient, rows: rows, into: a.attended)
            regularization += mk_attention_backward(
                c.attentionShape, index, sequences, sequences.count,
                a.queryKeyValue + index * rows * c.attentionWidth, a.attended, penalty, rotary.cosine.pointer,
                rotary.sine.pointer, buffers.wide)
            block.queryKeyValue.multiplyTransposed(buffers.wide, rows: rows, into: a.normed)
            mk_rms_norm_backward(
                before + index * rows * c.hiddenSize, block.attentionNorm, c.normEpsilon, a.normed, rows,
                c.hiddenSize, buffers.gradient)
        }
        return regularization
    }
}
