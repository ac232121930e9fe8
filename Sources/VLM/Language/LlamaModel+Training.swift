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
    /// Weights get no gradient. Throws `invalidArgument` for an empty batch or target, an unknown token, or rows of
    /// another width, and `contextOverflow`.
    public func loss(
        of samples: [LlamaTrainingSample], concept: Matrix, regularizer: AttentionRegularizer
    ) throws -> ConceptLoss {
        try losses(of: [LlamaConceptBatch(samples: samples, concept: concept, regularizer: regularizer)])[0]
    }

    /// The same for several concepts in one pass over the weights: all samples are packed into one matrix for the
    /// linear maps. Each loss is bit for bit what its batch gives alone.
    public func losses(of batches: [LlamaConceptBatch]) throws -> [ConceptLoss] {
        guard !batches.isEmpty else { return [] }
        let (c, batch) = (configuration, try packed(batches))
        let pieces = LlamaActivations.pieces(rows: batch.rows, kept: true, c) + batch.headPieces + batch.pieces
        return try workspaces.with(pieces: pieces) { workspace in
            let activations = LlamaActivations(rows: batch.rows, kept: true, c, in: workspace)
            let head = batch.headBuffers(in: workspace)
            let buffers = batch.buffers(in: workspace)
            try write(batches, batch, to: activations.hidden)
            let sequences = batch.sequences(activations, probabilities: buffers.probabilities)
            forward(activations, sequences)
            let crossEntropies = headLosses(batch, activations, head)
            headBackward(batch, activations, head, buffers)
            let regularizations = backward(
                activations, batch.parts.map { Array(sequences[$0.samples]) }, buffers,
                penalties: batches.map { batch in
                    mk_attention_penalty(
                        weight: batch.regularizer.weight, column: batch.regularizer.direction == .column ? 1 : 0,
                        marked: batch.concept.rows)
                })
            return batches.indices.map { index in
                ConceptLoss(
                    crossEntropy: crossEntropies[index], regularization: Float(regularizations[index]),
                    gradient: gradient(
                        of: batches[index], starts: batch.starts[batch.parts[index].samples], buffers.gradient))
            }
        }
    }

    /// The cross-entropies of `losses(of:)`, bit for bit, by a forward pass that keeps nothing. Throws as that.
    public func crossEntropies(of batches: [LlamaConceptBatch]) throws -> [Float] {
        guard !batches.isEmpty else { return [] }
        let (c, batch) = (configuration, try packed(batches))
        let pieces = LlamaActivations.pieces(rows: batch.rows, kept: false, c) + batch.headPieces
        return try workspaces.with(pieces: pieces) { workspace in
            let activations = LlamaActivations(rows: batch.rows, kept: false, c, in: workspace)
            let head = batch.headBuffers(in: workspace)
            try write(batches, batch, to: activations.hidden)
            forward(activations, batch.sequences(activations, probabilities: nil))
            return headLosses(batch, activations, head)
        }
    }

    private func packed(_ batches: [LlamaConceptBatch]) throws -> LlamaBatch {
        for batch in batches { try check(batch.samples, concept: batch.concept) }
        return LlamaBatch(
            batches.map { (samples: $0.samples, conceptRows: $0.concept.rows) }, configuration: configuration)
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

    /// Rescaled concept rows, prompt and all but the last target token of every sample.
    private func write(
        _ batches: [LlamaConceptBatch], _ layout: LlamaBatch, to hidden: UnsafeMutablePointer<Float>
    ) throws {
        for (batch, part) in zip(batches, layout.parts) {
            for (sample, first) in zip(batch.samples, layout.starts[part.samples]) {
                let start = hidden + first * configuration.hiddenSize
                let rescaled = ConceptRow.rescaled(batch.concept, to: sample.conceptNorm)
                start.update(from: rescaled.values, count: rescaled.values.count)
                try writeEmbeddings(of: sample.prompt + sample.target.dropLast(), to: start + rescaled.values.count)
            }
        }
    }

    /// Mean cross-entropy of each part; leaves the gradient of the logits in their place.
    private func headLosses(_ batch: LlamaBatch, _ a: LlamaActivations, _ head: LlamaBatch.HeadBuffers) -> [Float] {
        let (width, size) = (configuration.hiddenSize, configuration.vocabularySize)
        for (index, row) in batch.predicting.enumerated() {
            (head.chosen + index * width).update(from: a.hidden + row * width, count: width)
        }
        writeLogits(of: head.chosen, count: batch.targets.count, normed: head.chosenNormed, to: head.logits)
        return batch.parts.map { part in
            let count = part.targets.count
            var losses = [Double](repeating: 0, count: count)
            mk_cross_entropy(
                head.logits + part.targets.lowerBound * size, Array(batch.targets[part.targets]), count, size,
                1 / Float(count), &losses)
            return Float(losses.reduce(0, +) / Double(count))
        }
    }

    /// The gradient of the hidden states, which is zero but for rows that predict targets.
    private func headBackward(
        _ batch: LlamaBatch, _ a: LlamaActivations, _ head: LlamaBatch.HeadBuffers, _ buffers: LlamaBatch.Buffers
    ) {
        let width = configuration.hiddenSize
        let count = batch.targets.count
        weights.head.multiplyTransposed(head.logits, rows: count, into: head.chosenNormed)
        buffers.chosenGradient.update(repeating: 0, count: count * width)
        mk_rms_norm_backward(
            head.chosen, weights.finalNorm, configuration.normEpsilon, head.chosenNormed, count, width,
            buffers.chosenGradient)
        buffers.gradient.update(repeating: 0, count: a.rows * width)
        for (index, row) in batch.predicting.enumerated() {
            (buffers.gradient + row * width).update(from: buffers.chosenGradient + index * width, count: width)
        }
    }

    /// Takes the gradient of the hidden states from the last block's output to the first block's input; returns the
    /// regulariser of each part.
    private func backward(
        _ a: LlamaActivations, _ parts: [[mk_sequence]], _ buffers: LlamaBatch.Buffers,
        penalties: [mk_attention_penalty]
    ) -> [Double] {
        guard let before = a.before, let between = a.between else { preconditionFailure("activations were not kept") }
        let c = configuration
        let rows = a.rows
        var regularizations = [Double](repeating: 0, count: parts.count)
        for (index, block) in weights.blocks.enumerated().reversed() {
            Pause.point()
            let gateUp = a.gateUp + index * rows * 2 * c.intermediateSize
            block.down.multiplyTransposed(buffers.gradient, rows: rows, into: a.gated)
            mk_activate_backward(
                gateUp, a.gated, Int32(MK_ACTIVATION_SILU), 1, rows, c.intermediateSize, buffers.wide)
            block.gateUp.multiplyTransposed(buffers.wide, rows: rows, into: a.normed)
            mk_rms_norm_backward(
                between + index * rows * c.hiddenSize, block.mlpNorm, c.normEpsilon, a.normed, rows, c.hiddenSize,
                buffers.gradient)

            block.output.multiplyTransposed(buffers.gradient, rows: rows, into: a.attended)
            for (part, sequences) in parts.enumerated() {
                regularizations[part] += mk_attention_backward(
                    c.attentionShape, index, sequences, sequences.count,
                    a.queryKeyValue + index * rows * c.attentionWidth, a.attended, penalties[part],
                    rotary.cosine.pointer, rotary.sine.pointer, buffers.wide)
            }
            block.queryKeyValue.multiplyTransposed(buffers.wide, rows: rows, into: a.normed)
            mk_rms_norm_backward(
                before + index * rows * c.hiddenSize, block.attentionNorm, c.normEpsilon, a.normed, rows,
                c.hiddenSize, buffers.gradient)
        }
        return regularizations
    }

    /// The gradient of the rows as given from that of the rescaled ones, summed over samples.
    private func gradient(
        of batch: LlamaConceptBatch, starts: ArraySlice<Int>, _ hidden: UnsafePointer<Float>
    ) -> Matrix {
        let concept = batch.concept
        var gradient = Matrix(rows: concept.rows, columns: concept.columns)
        for (sample, first) in zip(batch.samples, starts) {
            let start = hidden + first * configuration.hiddenSize
            let rows = Matrix(
                rows: concept.rows, columns: concept.columns,
                values: Array(UnsafeBufferPointer(start: start, count: concept.values.count)))
            let part = ConceptRow.rescaledBackward(concept, to: sample.conceptNorm, gradient: rows)
            for element in part.values.indices { gradient.values[element] += part.values[element] }
        }
        return gradient
    }
}
