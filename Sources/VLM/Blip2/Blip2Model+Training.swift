internal import Compute
internal import Kernels

extension Blip2Model {
    package func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss] { try batches.map(loss) }

    /// Loss and gradient of samples that share one concept embedding, through language model and Q-Former.
    ///
    /// The regulariser is lambda times the sum over the Q-Former's cross-attentions of the mean over samples, heads,
    /// queries and concept rows of the squared attention to the concept rows (published code, myblip2.py); another
    /// direction has no meaning here and throws `invalidArgument`.
    private func loss(of batch: ConceptBatch) throws -> ConceptLoss {
        let (samples, concept, regularizer) = (batch.samples, batch.concept, batch.regularizer)
        guard regularizer.weight == 0 || regularizer.direction == .column else {
            throw VLMError(
                .invalidArgument,
                "concept rows are only read from in this model: its regulariser has the direction column")
        }
        guard !samples.isEmpty else { throw VLMError(.invalidArgument, "a batch without samples") }
        let prefixes = try samples.map { try own($0.prefix) }
        guard let insertion = try insertion([concept], prefixes, isTraining: true) else {
            throw VLMError(.invalidArgument, "a concept without rows")
        }
        let shape = qFormer.stack.shape
        let entries = samples.count * shape.heads * qFormer.queries * concept.rows
        var crossEntropy = 0.0
        let regularization = try qFormer.train(
            prefixes, insertion, penalty: Double(regularizer.weight) / Double(entries)
        ) { visual in
            let loss = try language.loss(
                samples.map { VisualSample(prompt: $0.prompt, target: $0.target) }, visual: visual)
            crossEntropy = loss.crossEntropy
            return loss.gradient
        }
        return ConceptLoss(
            crossEntropy: Float(crossEntropy), regularization: Float(regularization), gradient: insertion.gradient())
    }
}

extension Blip2Model {
    package func crossEntropies(of batches: [ConceptBatch]) throws -> [Float] {
        try batches.map { batch in
            guard !batch.samples.isEmpty else { throw VLMError(.invalidArgument, "a batch without samples") }
            var losses: [Double] = []
            for sample in batch.samples {
                var logits = try language.logits(
                    visual: try visualRows(prefix: sample.prefix, concepts: [batch.concept]), prompt: sample.prompt,
                    target: sample.target)
                var own = [Double](repeating: 0, count: logits.rows)
                let (rows, columns) = (logits.rows, logits.columns)
                logits.values.withUnsafeMutableBufferPointer { values in
                    guard let values = values.baseAddress else { return }
                    mk_cross_entropy(values, sample.target, rows, columns, 1, &own)
                }
                losses += own
            }
            return Float(losses.reduce(0, +) / Double(losses.count))
        }
    }
}

extension ConceptTrainingDefaults {
    /// MyVLM's published settings for BLIP-2 captions: one row, 100 steps of AdamW at 1.0, lambda 0.04 on the column.
    package static let publishedBlip2 = ConceptTrainingDefaults(
        tokens: 1, steps: 100, learningRate: 1, gradientClip: 0.05, weightDecay: 1e-4, regularizerWeight: 0.04,
        checkpoints: [25, 50, 75, 100])
}
