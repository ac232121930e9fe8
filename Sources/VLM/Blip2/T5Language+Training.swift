package import Compute
internal import Kernels

extension T5Language {
    package func loss(_ samples: [VisualSample], visual: Matrix) throws -> (crossEntropy: Double, gradient: Matrix) {
        try check(samples, visual: visual)
        let width = visualSize
        let queries = visual.rows / samples.count
        var encoderRows: [TransformerSequence] = []
        var decoderRows: [TransformerSequence] = []
        var (read, said) = (0, 0)
        for sample in samples {
            let count = queries + sample.prompt.count
            try check(used: max(count, sample.target.count), capacity: 0)
            encoderRows.append(TransformerSequence(row: read, count: count))
            var decoded = TransformerSequence(row: said, count: sample.target.count)
            decoded.memoryCount = count
            decoderRows.append(decoded)
            read += count
            said += sample.target.count
        }
        let pieces =
            TransformerActivations.pieces(encoder, encoderRows, isKept: true)
            + TransformerStack.Gradients.pieces(encoder.shape, rows: read) + [read * width]
        return encoder.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(encoder, encoderRows, isKept: true, in: workspace)
            let g = TransformerStack.Gradients(encoder.shape, rows: read, in: workspace)
            for (index, sample) in samples.enumerated() {
                let to = a.hidden + encoderRows[index].row * width
                let from = index * queries * width
                visual.values.withUnsafeBufferPointer { buffer in
                    if let base = buffer.baseAddress { to.update(from: base + from, count: queries * width) }
                }
                embed(sample.prompt, to: to + queries * width)
            }
            encoder.forward(a, encoderRows)
            encoder.normalise(a.hidden, encoderNorm, rows: read, into: a.normed)

            let memory = workspace.take(read * width)
            let crossEntropy = decode(
                samples, decoderRows, encoded: a.normed, starts: encoderRows.map(\.row), rows: read, gradient: memory)
            g.stream.update(repeating: 0, count: read * width)
            encoder.normaliseBackward(a.hidden, encoderNorm, memory, rows: read, into: g.stream)
            _ = encoder.backward(a, encoderRows, g)

            var gradient = Matrix(rows: visual.rows, columns: width)
            gradient.values.withUnsafeMutableBufferPointer { buffer in
                guard let to = buffer.baseAddress else { return }
                for (index, sequence) in encoderRows.enumerated() {
                    (to + index * queries * width).update(
                        from: g.stream + sequence.row * width, count: queries * width)
                }
            }
            return (crossEntropy, gradient)
        }
    }

    /// Cross-entropy of the targets; writes the gradient of the encoder's normed output, `[rows, width]`.
    private func decode(
        _ samples: [VisualSample], _ sequences: [TransformerSequence], encoded: UnsafePointer<Float>, starts: [Int],
        rows: Int, gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let (attention, size) = (decoder.shape.attention, decoder.shape.headSize)
        let targets = samples.flatMap(\.target)
        let block = rows * 2 * attention
        let keyValues = FloatBuffer(count: 2 * keyValue.count * block)
        let gradients = keyValues.pointer + keyValue.count * block
        for (index, map) in keyValue.enumerated() {
            map(encoded, rows: rows, into: keyValues.pointer + index * block)
        }
        let sequences = zip(sequences, starts).map { sequence, start in
            var sequence = sequence
            let count = sequence.memoryCount
            sequence.memory = { index in
                var stretch = mk_keys()
                let place = index * block + start * 2 * attention
                stretch.keys = UnsafePointer(keyValues.pointer + place)
                stretch.values = UnsafePointer(keyValues.pointer + place + attention)
                stretch.count = count
                stretch.stride = 2 * attention
                stretch.head = size
                stretch.key_gradient = gradients + place
                stretch.value_gradient = gradients + place + attention
                stretch.gradient_stride = 2 * attention
                stretch.gradient_head = size
                return (stretch, mk_keys())
            }
            return sequence
        }
        let pieces =
            TransformerActivations.pieces(decoder, sequences, isKept: true)
            + TransformerStack.Gradients.pieces(decoder.shape, rows: targets.count)
            + head.lossPieces(decoder, count: targets.count)
        return decoder.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(decoder, sequences, isKept: true, in: workspace)
            let g = TransformerStack.Gradients(decoder.shape, rows: targets.count, in: workspace)
            embed(samples.flatMap { [firstToken] + $0.target.dropLast() }, to: a.hidden)
            decoder.forward(a, sequences)
            let crossEntropy = head.loss(decoder, of: a.hidden, targets: targets, gradient: g.stream, in: workspace)
            _ = decoder.backward(a, sequences, g)
            for (index, map) in keyValue.enumerated() {
                map.backward(gradients + index * block, rows: rows, into: gradient, accumulate: index > 0)
            }
            return crossEntropy
        }
    }
}
