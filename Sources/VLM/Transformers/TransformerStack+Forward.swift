internal import Compute
internal import Kernels

extension TransformerStack {
    /// Runs all blocks over the rows in `a.hidden` and leaves the last block's output there; keys and values join the
    /// sequences' caches. With `entersAtCross` the rows are what the first block's self-attention made.
    func forward(_ a: TransformerActivations, _ sequences: [TransformerSequence], entersAtCross: Bool = false) {
        let rows = a.rows
        let stream = rows * shape.width
        var crosses = 0
        for (index, block) in blocks.enumerated() {
            Pause.point()
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
                        mk_attend(jobs, jobs.count, shape.heads, shape.headSize, shape.scoreScale)
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
        let queryKeyValue = a.queryKeyValue + slot * a.rows * 3 * shape.attention
        run(
            block.attentionNorm, a, kept: a.beforeAttention + slot * a.rows * shape.width,
            read: { block.queryKeyValue($0, rows: a.rows, into: queryKeyValue) },
            write: { hidden in
                let jobs = selfAttention(a, sequences, block: index, queryKeyValue)
                mk_attend(jobs, jobs.count, shape.heads, shape.headSize, shape.scoreScale)
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

    /// The jobs of a block's self-attention; new keys and values are put into the caches.
    func selfAttention(
        _ a: TransformerActivations, _ sequences: [TransformerSequence], block: Int,
        _ queryKeyValue: UnsafeMutablePointer<Float>
    ) -> [mk_attend_job] {
        let attention = shape.attention
        var probabilities = a.probabilities + (a.isKept ? block * a.scores : 0)
        return sequences.map { sequence in
            let rows = queryKeyValue + sequence.row * 3 * attention
            var job = mk_attend_job()
            job.rows = sequence.count
            job.queries = UnsafePointer(rows)
            job.query_stride = 3 * attention
            if let cache = sequence.cache {
                cache.write(rows, block: block, from: sequence.past, count: sequence.count)
                job.first = cache.stretch(block: block, count: sequence.past + sequence.count)
            } else {
                job.first.keys = UnsafePointer(rows + attention)
                job.first.values = UnsafePointer(rows + 2 * attention)
                job.first.count = sequence.count
                job.first.stride = 3 * attention
                job.first.head = shape.headSize
            }
            job.visible = shape.isCausal ? sequence.past + 1 : sequence.past + sequence.count
            bias?.place(in: &job, past: sequence.past)
            job.out = a.attended + sequence.row * attention
            job.out_stride = attention
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
    ) -> [mk_attend_job] {
        let attention = shape.attention
        var probabilities = a.crossProbabilities + (a.isKept ? cross * a.crossScores : 0)
        return sequences.map { sequence in
            var job = mk_attend_job()
            job.rows = sequence.count
            job.queries = query + sequence.row * attention
            job.query_stride = attention
            if let memory = sequence.memory { (job.first, job.second) = memory(cross) }
            job.visible = sequence.memoryCount
            job.out = a.attended + sequence.row * attention
            job.out_stride = attention
            job.penalty = sequence.penalty
            if a.isKept {
                job.probabilities = probabilities
                probabilities += shape.heads * sequence.crossScores
            }
            return job
        }
    }
}
