public import Compute

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
        let batch = try packed(batches)
        let (sequences, count) = (batch.sequences, batch.targets.count)
        let pieces =
            TransformerActivations.pieces(stack, sequences, isKept: true) + headPieces(batch)
            + TransformerStack.Gradients.pieces(stack.shape, rows: batch.rows) + [count * configuration.hiddenSize]
            + head.backwardPieces(stack, count: count)
        return try stack.workspaces.with(pieces: pieces) { workspace in
            let activations = TransformerActivations(stack, sequences, isKept: true, in: workspace)
            let (chosen, logits) = takeHead(batch, in: workspace)
            let gradients = TransformerStack.Gradients(stack.shape, rows: batch.rows, in: workspace)
            try write(batches, batch, to: activations.hidden)
            stack.forward(activations, sequences)
            let crossEntropies = headLosses(batch, activations, chosen, logits, in: workspace)

            let chosenGradient = workspace.take(count * configuration.hiddenSize)
            head.backward(stack, of: chosen, logits, count: count, gradient: chosenGradient, in: workspace)
            spread(chosenGradient, batch, to: gradients.stream)
            let penalties = stack.backward(activations, sequences, gradients)
            return batches.indices.map { index in
                let samples = batch.parts[index].samples
                return ConceptLoss(
                    crossEntropy: crossEntropies[index], regularization: Float(penalties[samples].reduce(0, +)),
                    gradient: gradient(of: batches[index], sequences[samples], gradients.stream))
            }
        }
    }

    /// The cross-entropies of `losses(of:)`, bit for bit, by a forward pass that keeps nothing. Throws as that.
    public func crossEntropies(of batches: [LlamaConceptBatch]) throws -> [Float] {
        guard !batches.isEmpty else { return [] }
        let batch = try packed(batches)
        let pieces = TransformerActivations.pieces(stack, batch.sequences, isKept: false) + headPieces(batch)
        return try stack.workspaces.with(pieces: pieces) { workspace in
            let activations = TransformerActivations(stack, batch.sequences, isKept: false, in: workspace)
            let (chosen, logits) = takeHead(batch, in: workspace)
            try write(batches, batch, to: activations.hidden)
            stack.forward(activations, batch.sequences)
            return headLosses(batch, activations, chosen, logits, in: workspace)
        }
    }

    private func packed(_ batches: [LlamaConceptBatch]) throws -> LlamaBatch {
        for batch in batches { try check(batch.samples, concept: batch.concept) }
        return LlamaBatch(batches, heads: configuration.queryHeads)
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
            for (sample, sequence) in zip(batch.samples, layout.sequences[part.samples]) {
                let start = hidden + sequence.row * configuration.hiddenSize
                let rescaled = ConceptRow.rescaled(batch.concept, to: sample.conceptNorm)
                start.update(from: rescaled.values, count: rescaled.values.count)
                try writeEmbeddings(of: sample.prompt + sample.target.dropLast(), to: start + rescaled.values.count)
            }
        }
    }

    /// Sizes of what the loss needs: rows that predict targets, their logits.
    private func headPieces(_ batch: LlamaBatch) -> [Int] {
        let count = batch.targets.count
        return [count * configuration.hiddenSize, count * configuration.vocabularySize]
            + head.pieces(stack, count: count)
    }

    private func takeHead(
        _ batch: LlamaBatch, in workspace: Workspace
    ) -> (chosen: UnsafeMutablePointer<Float>, logits: UnsafeMutablePointer<Float>) {
        let count = batch.targets.count
        return (workspace.take(count * configuration.hiddenSize), workspace.take(count * configuration.vocabularySize))
    }

    /// Mean cross-entropy of each part; leaves the gradient of the logits in their place.
    private func headLosses(
        _ batch: LlamaBatch, _ a: TransformerActivations, _ chosen: UnsafeMutablePointer<Float>,
        _ logits: UnsafeMutablePointer<Float>, in workspace: Workspace
    ) -> [Float] {
        let (width, size) = (configuration.hiddenSize, configuration.vocabularySize)
        for (index, row) in batch.predicting.enumerated() {
            (chosen + index * width).update(from: a.hidden + row * width, count: width)
        }
        head.logits(stack, of: chosen, count: batch.targets.count, to: logits, in: workspace)
        return batch.parts.map { part in
            Float(
                LanguageHead.crossEntropy(
                    logits + part.targets.lowerBound * size, Array(batch.targets[part.targets]), vocabulary: size))
        }
    }

    /// The gradient of the hidden states is zero but for rows that predict targets.
    private func spread(
        _ chosen: UnsafePointer<Float>, _ batch: LlamaBatch, to gradient: UnsafeMutablePointer<Float>
    ) {
        let width = configuration.hiddenSize
        gradient.update(repeating: 0, count: batch.rows * width)
        for (index, row) in batch.predicting.enumerated() {
            (gradient + row * width).update(from: chosen + index * width, count: width)
        }
    }

    /// The gradient of the rows as given from that of the rescaled ones, summed over samples.
    private func gradient(
        of batch: LlamaConceptBatch, _ sequences: ArraySlice<TransformerSequence>, _ hidden: UnsafePointer<Float>
    ) -> Matrix {
        let concept = batch.concept
        var gradient = Matrix(rows: concept.rows, columns: concept.columns)
        for (sample, sequence) in zip(batch.samples, sequences) {
            let start = hidden + sequence.row * configuration.hiddenSize
            let rows = Matrix(
                rows: concept.rows, columns: concept.columns,
                values: Array(UnsafeBufferPointer(start: start, count: concept.values.count)))
            let part = ConceptRow.rescaledBackward(concept, to: sample.conceptNorm, gradient: rows)
            for element in part.values.indices { gradient.values[element] += part.values[element] }
        }
        return gradient
    }
}
