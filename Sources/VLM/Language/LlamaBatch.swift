internal import Compute
internal import Kernels

/// How the samples of a training step lie in the packed matrices.
struct LlamaBatch {
    let configuration: LlamaConfiguration
    /// First row of each sample, and rows in all.
    let starts: [Int]
    let rows: Int
    /// Rows whose logits are compared with `targets`.
    let predicting: [Int]
    let targets: [Int32]
    /// Attention probabilities of each sample, floats.
    let probabilities: [Int]

    struct Buffers {
        let gradient: UnsafeMutablePointer<Float>  // [rows, hidden]
        let wide: UnsafeMutablePointer<Float>  // [rows, max(2 * intermediate, attentionWidth)]
        let chosen: UnsafeMutablePointer<Float>  // [targets, hidden]
        let chosenNormed: UnsafeMutablePointer<Float>  // [targets, hidden]
        let chosenGradient: UnsafeMutablePointer<Float>  // [targets, hidden]
        let logits: UnsafeMutablePointer<Float>  // [targets, vocabulary]
        let probabilities: UnsafeMutablePointer<Float>
    }

    init(_ samples: [LlamaTrainingSample], conceptRows: Int, configuration: LlamaConfiguration) {
        var starts: [Int] = []
        var predicting: [Int] = []
        var probabilities: [Int] = []
        var rows = 0
        for sample in samples {
            starts.append(rows)
            let count = conceptRows + sample.prompt.count + sample.target.count - 1
            rows += count
            predicting += (rows - sample.target.count)..<rows
            probabilities.append(
                configuration.blocks * configuration.queryHeads * count * (sample.prefix.count + count))
        }
        self.configuration = configuration
        self.starts = starts
        self.rows = rows
        self.predicting = predicting
        self.probabilities = probabilities
        targets = samples.flatMap(\.target)
    }

    var pieces: [Int] {
        let c = configuration
        let chosen = targets.count * c.hiddenSize
        return [
            rows * c.hiddenSize, rows * max(2 * c.intermediateSize, c.attentionWidth), chosen, chosen, chosen,
            targets.count * c.vocabularySize, probabilities.reduce(0, +),
        ]
    }

    func buffers(in workspace: Workspace) -> Buffers {
        let taken = pieces.map(workspace.take)
        return Buffers(
            gradient: taken[0], wide: taken[1], chosen: taken[2], chosenNormed: taken[3], chosenGradient: taken[4],
            logits: taken[5], probabilities: taken[6])
    }

    /// Keys and values behind the prefixes lie where the projections wrote them.
    func sequences(
        _ samples: [LlamaTrainingSample], _ a: LlamaActivations, probabilities first: UnsafeMutablePointer<Float>
    ) -> [mk_sequence] {
        let c = configuration
        var next = first
        return samples.enumerated().map { index, sample in
            let start = a.queryKeyValue + starts[index] * c.attentionWidth
            let count = (index + 1 < starts.count ? starts[index + 1] : rows) - starts[index]
            let own = next
            next += probabilities[index]
            return mk_sequence(
                row: starts[index], count: count, prefix: sample.prefix.count,
                prefix_keys: UnsafePointer(sample.prefix.cache.keys.pointer),
                prefix_values: UnsafePointer(sample.prefix.cache.values.pointer),
                prefix_block: sample.prefix.count * c.keyWidth, tail_keys: start + c.queryWidth,
                tail_values: start + c.queryWidth + c.keyWidth, tail_block: rows * c.attentionWidth,
                tail_head: c.headSize, tail_row: c.attentionWidth, tail_start: 0, probabilities: own)
        }
    }
}
