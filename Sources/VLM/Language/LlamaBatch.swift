internal import Compute
internal import Kernels

/// How the samples of a training step lie in the packed matrices: concept after concept, sample after sample.
struct LlamaBatch {
    /// One concept's part.
    struct Part {
        let samples: Range<Int>
        let conceptRows: Int
        let targets: Range<Int>
    }

    let configuration: LlamaConfiguration
    let samples: [LlamaTrainingSample]
    let parts: [Part]
    /// First row of each sample, and rows in all.
    let starts: [Int]
    let rows: Int
    /// Rows whose logits are compared with `targets`.
    let predicting: [Int]
    let targets: [Int32]
    /// Attention probabilities of each sample, floats.
    let probabilities: [Int]

    /// What the backward pass needs besides the forward's activations.
    struct Buffers {
        let gradient: UnsafeMutablePointer<Float>  // [rows, hidden]
        let wide: UnsafeMutablePointer<Float>  // [rows, max(2 * intermediate, attentionWidth)]
        let chosenGradient: UnsafeMutablePointer<Float>  // [targets, hidden]
        let probabilities: UnsafeMutablePointer<Float>
    }

    /// What the loss needs.
    struct HeadBuffers {
        let chosen: UnsafeMutablePointer<Float>  // [targets, hidden]
        let chosenNormed: UnsafeMutablePointer<Float>  // [targets, hidden]
        let logits: UnsafeMutablePointer<Float>  // [targets, vocabulary]
    }

    init(_ groups: [(samples: [LlamaTrainingSample], conceptRows: Int)], configuration: LlamaConfiguration) {
        var parts: [Part] = []
        var samples: [LlamaTrainingSample] = []
        var targets: [Int32] = []
        var starts: [Int] = []
        var predicting: [Int] = []
        var probabilities: [Int] = []
        var rows = 0
        for group in groups {
            let (firstSample, firstTarget) = (samples.count, targets.count)
            for sample in group.samples {
                starts.append(rows)
                let count = group.conceptRows + sample.prompt.count + sample.target.count - 1
                rows += count
                predicting += (rows - sample.target.count)..<rows
                probabilities.append(
                    configuration.blocks * configuration.queryHeads * count * (sample.prefix.count + count))
                targets += sample.target
            }
            samples += group.samples
            parts.append(
                Part(
                    samples: firstSample..<samples.count, conceptRows: group.conceptRows,
                    targets: firstTarget..<targets.count))
        }
        self.configuration = configuration
        self.samples = samples
        self.parts = parts
        self.starts = starts
        self.rows = rows
        self.predicting = predicting
        self.targets = targets
        self.probabilities = probabilities
    }

    var pieces: [Int] {
        let c = configuration
        return [
            rows * c.hiddenSize, rows * max(2 * c.intermediateSize, c.attentionWidth), targets.count * c.hiddenSize,
            probabilities.reduce(0, +),
        ]
    }

    var headPieces: [Int] {
        let chosen = targets.count * configuration.hiddenSize
        return [chosen, chosen, targets.count * configuration.vocabularySize]
    }

    func buffers(in workspace: Workspace) -> Buffers {
        let taken = pieces.map(workspace.take)
        return Buffers(gradient: taken[0], wide: taken[1], chosenGradient: taken[2], probabilities: taken[3])
    }

    func headBuffers(in workspace: Workspace) -> HeadBuffers {
        let taken = headPieces.map(workspace.take)
        return HeadBuffers(chosen: taken[0], chosenNormed: taken[1], logits: taken[2])
    }

    /// Keys and values behind the prefixes lie where the projections wrote them. Without room for `probabilities` none
    /// are kept.
    func sequences(_ a: LlamaActivations, probabilities first: UnsafeMutablePointer<Float>?) -> [mk_sequence] {
        let c = configuration
        var next = first
        return samples.enumerated().map { index, sample in
            let start = a.queryKeyValue + starts[index] * c.attentionWidth
            let count = (index + 1 < starts.count ? starts[index + 1] : rows) - starts[index]
            let own = next
            next = own.map { $0 + probabilities[index] }
            return mk_sequence(
                row: starts[index], count: count, prefix: sample.prefix.count,
                prefix_keys: UnsafePointer(sample.prefix.cache.keys.pointer),
                prefix_values: UnsafePointer(sample.prefix.cache.values.pointer),
                prefix_block: sample.prefix.count * c.keyWidth, tail_keys: start + c.queryWidth,
                tail_values: start + c.queryWidth + c.keyWidth, tail_block: a.isKept ? rows * c.attentionWidth : 0,
                tail_head: c.headSize, tail_row: c.attentionWidth, tail_start: 0, probabilities: own)
        }
    }
}
