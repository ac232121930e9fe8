package import Compute

extension OPTLanguage {
    package func loss(_ samples: [VisualSample], visual: Matrix) throws -> (crossEntropy: Double, gradient: Matrix) {
        try check(samples, visual: visual)
        let (width, words) = (stack.shape.width, embedding.inputs)
        let queries = visual.rows / samples.count
        var sequences: [TransformerSequence] = []
        var predicting: [Int] = []
        var rows = 0
        for sample in samples {
            let count = queries + sample.prompt.count + sample.target.count - 1
            try check(used: count, capacity: 0)
            sequences.append(TransformerSequence(row: rows, count: count))
            rows += count
            predicting += (rows - sample.target.count)..<rows
        }
        let targets = samples.flatMap(\.target)
        let pieces =
            TransformerActivations.pieces(stack, sequences, isKept: true)
            + TransformerStack.Gradients.pieces(stack.shape, rows: rows) + head.lossPieces(stack, count: targets.count)
            + [targets.count * width, targets.count * width, rows * words]
            + sequences.map { $0.count * words }
        return try stack.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(stack, sequences, isKept: true, in: workspace)
            let g = TransformerStack.Gradients(stack.shape, rows: rows, in: workspace)
            for (index, sample) in samples.enumerated() {
                let own = Matrix(
                    rows: queries, columns: words,
                    values: Array(visual.values[index * queries * words..<(index + 1) * queries * words]))
                try write(
                    visual: own, sample.prompt + sample.target.dropLast(),
                    to: a.hidden + sequences[index].row * width, rows: sequences[index].count, in: workspace)
            }
            stack.forward(a, sequences)

            let chosen = workspace.take(targets.count * width)
            let chosenGradient = workspace.take(targets.count * width)
            for (index, row) in predicting.enumerated() {
                (chosen + index * width).update(from: a.hidden + row * width, count: width)
            }
            let crossEntropy = head.loss(stack, of: chosen, targets: targets, gradient: chosenGradient, in: workspace)
            g.stream.update(repeating: 0, count: rows * width)
            for (index, row) in predicting.enumerated() {
                (g.stream + row * width).update(from: chosenGradient + index * width, count: width)
            }
            _ = stack.backward(a, sequences, g)

            var gradient = Matrix(rows: visual.rows, columns: words)
            gradient.values.withUnsafeMutableBufferPointer { buffer in
                guard let to = buffer.baseAddress else { return }
                for (index, sequence) in sequences.enumerated() {
                    let (from, own) = (g.stream + sequence.row * width, to + index * queries * words)
                    if let projection {
                        projection.backward(from, rows: queries, into: own)
                    } else {
                        own.update(from: from, count: queries * width)
                    }
                }
            }
            return (crossEntropy, gradient)
        }
    }
}
