internal import Compute
internal import Kernels

extension TransformerStack {
    /// Runs all blocks, or those of a range, over the rows in `a.hidden` and leaves the last one's output there; keys and
    /// values join the sequences' caches. With `entersAtCross` the rows are what the first block's self-attention made.
    func forward(
        _ a: TransformerActivations, _ sequences: [TransformerSequence], blocks range: Range<Int>? = nil,
        entersAtCross: Bool = false
    ) {
        let rows = a.rows
        let stream = rows * shape.width
        var crosses = 0
        for index in range ?? blocks.indices {
            Pause.point()
            let block = blocks[index]
            let slot = a.isKept ? index : 0
            if !(entersAtCross && index == 0) { attendToOwnRows(a, sequences, block: index) }
            if let cross = block.cross {
                let slot = a.isKept ? crosses : 0
                let query = a.crossQuery + slot * rows * shape.attention
                let number = crosses
                run(
                    cross.norm, a, kept: a.beforeCross + slot * stream,
                    read: { cross.query($0, rows: rows, into: query) },
                    write: { hidden in
                        let jobs = crossAttention(a, sequences, cross: number, query)
                        mk_attention(heads, shape.scoreScale, jobs, jobs.count)
                        cross.output(a.attended, rows: rows, into: hidden, accumulate: true)
                    })
                crosses += 1
            }
            let wide = a.wide + slot * rows * shape.wideInner
            run(
                block.mlpNorm, a, kept: a.beforeMLP + slot * stream,
                read: { block.first($0, rows: rows, into: wide) },
                write: { hidden in
                    mk_activate(wide, shape.activation.code, shape.isGated ? 1 : 0, rows, shape.inner, a.activated)
                    block.second(a.activated, rows: rows, into: hidden, accumulate: true)
                })
        }
    }

    /// The first part of a block.
    func attendToOwnRows(_ a: TransformerActivations, _ sequences: [TransformerSequence], block index: Int) {
        let (block, slot) = (blocks[index], a.isKept ? index : 0)
        let queryKeyValue = a.queryKeyValue + slot * a.rows * shape.queryKeyValue
        run(
            block.attentionNorm, a, kept: a.beforeAttention + slot * a.rows * shape.width,
            read: { block.queryKeyValue($0, rows: a.rows, into: queryKeyValue) },
            write: { hidden in
                place(sequences, block: index, queryKeyValue, sign: 1)
                let jobs = selfAttention(a, sequences, block: index, queryKeyValue)
                mk_attention(heads, shape.scoreScale, jobs, jobs.count)
                block.output(a.attended, rows: a.rows, into: hidden, accumulate: true)
            })
    }

    /// One part of a block: it reads rows, normed or not, and adds to the residual stream, which is then normed or not.
    private func run(
        _ norm: Norm, _ a: TransformerActivations, kept: UnsafeMutablePointer<Float>,
        read: (UnsafePointer<Float>) -> Void, write: (UnsafeMutablePointer<Float>) -> Void
    ) {
        if shape.normsFirst {
            if a.isKept { kept.update(from: a.hidden, count: a.rows * shape.width) }
            normalise(a.hidden, norm, rows: a.rows, into: a.normed)
            read(a.normed)
            write(a.hidden)
        } else {
            read(a.hidden)
            write(a.hidden)
            if a.isKept { kept.update(from: a.hidden, count: a.rows * shape.width) }
            normalise(a.hidden, norm, rows: a.rows, into: a.hidden)
        }
    }

    /// Turns queries and keys of new rows (or, with sign -1, their gradients back) and puts keys and values into the caches.
    func place(
        _ sequences: [TransformerSequence], block: Int, _ queryKeyValue: UnsafeMutablePointer<Float>, sign: Float
    ) {
        let new = sequences.map { sequence in
            var rows = mk_new_rows()
            rows.rows = queryKeyValue + sequence.row * shape.queryKeyValue
            rows.count = sequence.count
            rows.position = sequence.position
            if sign > 0 { sequence.cache?.place(&rows, block: block, from: sequence.past) }
            return rows
        }
        mk_place_rows(
            heads, new, new.count, UnsafePointer(rotary?.cosine.pointer), UnsafePointer(rotary?.sine.pointer), sign)
    }

    /// The jobs of a block's self-attention.
    func selfAttention(
        _ a: TransformerActivations, _ sequences: [TransformerSequence], block: Int,
        _ queryKeyValue: UnsafeMutablePointer<Float>
    ) -> [mk_attention_job] {
        let (attention, width) = (shape.attention, shape.queryKeyValue)
        var probabilities = a.probabilities + (a.isKept ? block * a.scores : 0)
        return sequences.map { sequence in
            let rows = queryKeyValue + sequence.row * width
            var job = mk_attention_job()
            job.rows = sequence.count
            job.queries = UnsafePointer(rows)
            job.query_stride = width
            if let prefix = sequence.prefix { job.first = prefix.cache.stretch(block: block, count: prefix.count) }
            if let cache = sequence.cache {
                job.second = cache.stretch(block: block, count: sequence.past + sequence.count)
            } else {
                job.second.keys = UnsafePointer(rows + attention)
                job.second.values = UnsafePointer(rows + attention + shape.keyWidth)
                job.second.count = sequence.count
                job.second.stride = width
                job.second.head = shape.headSize
            }
            job.visible = sequence.position + (shape.isCausal ? 1 : sequence.count)
            bias?.place(in: &job, past: sequence.position)
            job.out = a.attended + sequence.row * attention
            job.out_stride = attention
            job.penalty = sequence.penalty
            if a.isKept {
                job.probabilities = probabilities
                probabilities += shape.heads * sequence.scores
            }
            return job
        }
    }

    /// The jobs of the cross-attention of the block that is the `cross`-th with one.
    func crossAttention(
        _ a: TransformerActivations, _ sequences: [TransformerSequence], cross: Int, _ query: UnsafePointer<Float>
    ) -> [mk_attention_job] {
        let attention = shape.attention
        var probabilities = a.crossProbabilities + (a.isKept ? cross * a.crossScores : 0)
        return sequences.map { sequence in
            var job = mk_attention_job()
            job.rows = sequence.count
            job.queries = query + sequence.row * attention
            job.query_stride = attention
            if let memory = sequence.memory { (job.first, job.second) = memory(cross) }
            job.visible = sequence.memoryCount
            job.out = a.attended + sequence.row * attention
            job.out_stride = attention
            job.penalty = sequence.crossPenalty
            if a.isKept {
                job.probabilities = probabilities
                probabilities += shape.heads * sequence.crossScores
            }
            return job
        }
    }
}
