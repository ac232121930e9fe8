internal import Compute
internal import Kernels

extension TransformerStack {
    /// Memory of a backward pass.
    struct Gradients {
        let stream: UnsafeMutablePointer<Float>  // [rows, width], that of the last output in, that of the input out
        let spare: UnsafeMutablePointer<Float>  // [rows, width]
        let attended: UnsafeMutablePointer<Float>  // [rows, attention]
        let wide: UnsafeMutablePointer<Float>  // [rows, max(queryKeyValue, wideInner)]

        static func pieces(_ shape: TransformerShape, rows: Int) -> [Int] {
            [
                rows * shape.width, rows * shape.width, rows * shape.attention,
                rows * max(shape.queryKeyValue, shape.wideInner),
            ]
        }

        init(_ shape: TransformerShape, rows: Int, in workspace: Workspace) {
            let taken = Self.pieces(shape, rows: rows).map(workspace.take)
            stream = taken[0]
            spare = taken[1]
            attended = taken[2]
            wide = taken[3]
        }
    }

    /// Takes the gradient in `g.stream` from the last block's output to the first block's input. Gradients of memories
    /// are added where the sequences' stretches say. Returns the penalties of each sequence.
    ///
    /// With `endsAtCross` the first block's input is a constant: of it only the gradients of its memory are wanted, and
    /// `g.stream` is left undefined.
    func backward(
        _ a: TransformerActivations, _ sequences: [TransformerSequence], _ g: Gradients, endsAtCross: Bool = false
    ) -> [Double] {
        let rows = a.rows
        let stream = rows * shape.width
        var penalties = [Double](repeating: 0, count: sequences.count)
        var crosses = crossBlocks
        for (index, block) in blocks.enumerated().reversed() {
            Pause.point()
            run(block.mlpNorm, a, g, kept: a.beforeMLP + index * stream) { gradient, input, adds in
                block.second.backward(gradient, rows: rows, into: a.activated)
                let wide = a.wide + index * rows * shape.wideInner
                mk_activate_backward(
                    wide, a.activated, shape.activation.code, shape.isGated ? 1 : 0, rows, shape.inner, g.wide)
                block.first.backward(g.wide, rows: rows, into: input, accumulate: adds)
            }
            if let cross = block.cross {
                crosses -= 1
                let number = crosses
                let isLast = endsAtCross && index == 0
                run(cross.norm, a, g, kept: a.beforeCross + number * stream) { gradient, input, adds in
                    cross.output.backward(gradient, rows: rows, into: g.attended)
                    let query = a.crossQuery + number * rows * shape.attention
                    var jobs = crossAttention(a, sequences, cross: number, query)
                    for (job, sequence) in sequences.enumerated() {
                        jobs[job].out_gradient = UnsafePointer(g.attended + sequence.row * shape.attention)
                        jobs[job].query_gradient = g.wide + sequence.row * shape.attention
                        jobs[job].query_gradient_stride = shape.attention
                    }
                    mk_attention_backward(heads, shape.scoreScale, jobs, jobs.count, &penalties)
                    if !isLast { cross.query.backward(g.wide, rows: rows, into: input, accumulate: adds) }
                }
            }
            if endsAtCross, index == 0 { break }
            run(block.attentionNorm, a, g, kept: a.beforeAttention + index * stream) { gradient, input, adds in
                block.output.backward(gradient, rows: rows, into: g.attended)
                selfAttentionBackward(a, sequences, g, block: index, &penalties)
                block.queryKeyValue.backward(g.wide, rows: rows, into: input, accumulate: adds)
            }
        }
        return penalties
    }

    /// One part of a block: from the gradient of what it added to that of what it read, `part(gradient, to, adds)`.
    private func run(
        _ norm: Norm, _ a: TransformerActivations, _ g: Gradients, kept: UnsafePointer<Float>,
        part: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Bool) -> Void
    ) {
        let count = a.rows * shape.width
        if shape.normsFirst {
            // x' = x + part(norm(x))
            part(g.stream, g.spare, false)
            normaliseBackward(kept, norm, g.spare, rows: a.rows, into: g.stream)
        } else {
            // x' = norm(z), z = x + part(x)
            g.spare.update(repeating: 0, count: count)
            normaliseBackward(kept, norm, g.stream, rows: a.rows, into: g.spare)
            g.stream.update(from: g.spare, count: count)
            part(g.spare, g.stream, true)
        }
    }

    private func selfAttentionBackward(
        _ a: TransformerActivations, _ sequences: [TransformerSequence], _ g: Gradients, block: Int,
        _ penalties: inout [Double]
    ) {
        let (attention, width) = (shape.attention, shape.queryKeyValue)
        g.wide.update(repeating: 0, count: a.rows * width)
        var jobs = selfAttention(a, sequences, block: block, a.queryKeyValue + block * a.rows * width)
        for (job, sequence) in sequences.enumerated() {
            let own = g.wide + sequence.row * width
            jobs[job].out_gradient = UnsafePointer(g.attended + sequence.row * attention)
            jobs[job].query_gradient = own
            jobs[job].query_gradient_stride = width
            jobs[job].second.key_gradient = own + attention
            jobs[job].second.value_gradient = own + attention + shape.keyWidth
            jobs[job].second.gradient_stride = width
            jobs[job].second.gradient_head = shape.headSize
        }
        mk_attention_backward(heads, shape.scoreScale, jobs, jobs.count, &penalties)
        place(sequences, block: block, g.wide, sign: -1)
    }
}
