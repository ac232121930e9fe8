internal import Compute
internal import Kernels

/// BLIP-2's Querying Transformer (Li et al. 2023): learned queries that read a picture by cross-attention in every second
/// block. Immutable; safe from any thread.
struct QFormer: Sendable {
    let stack: TransformerStack
    /// Rows after the self-attention of the first block, which no picture changes, `[queries, width]`.
    let start: Matrix
    /// Keys and values of each block with cross-attention, `[2 * attention, vision width]`.
    let keyValue: [BiasedLinear]
    /// To the language side, `[visual size, width]`.
    let projection: BiasedLinear

    /// Queries, and so visual rows of a picture.
    var queries: Int { start.rows }

    /// `tokens` are the normed query tokens `[queries, width]`.
    init(stack: TransformerStack, tokens: Matrix, keyValue: [BiasedLinear], projection: BiasedLinear) {
        self.stack = stack
        self.keyValue = keyValue
        self.projection = projection
        start = stack.afterFirstSelfAttention(tokens)
    }

    /// A picture's keys and values with the mean norms that concept rows are brought to.
    func prefix(of vision: Matrix) -> Blip2Prefix {
        let shape = stack.shape
        var norms: [(key: Float, value: Float)] = []
        let memory = TransformerMemory(rows: vision, maps: keyValue, heads: shape.heads, size: shape.headSize) {
            _, made in
            norms.append(
                (
                    ConceptInsertion.meanNorm(made, columns: 0..<shape.attention),
                    ConceptInsertion.meanNorm(made, columns: shape.attention..<2 * shape.attention)
                ))
        }
        return Blip2Prefix(memory: memory, norms: norms, count: queries)
    }

    private func sequences(_ prefixes: [Blip2Prefix], _ concepts: ConceptInsertion?, penalty: Double)
        -> [TransformerSequence]
    {
        prefixes.enumerated().map { index, prefix in
            var sequence = TransformerSequence(row: index * queries, count: queries)
            sequence.memoryCount = prefix.memory.count + (concepts?.count ?? 0)
            sequence.memory = { block in
                (prefix.memory.stretch(block: block), concepts?.stretch(sample: index, block: block) ?? mk_keys())
            }
            sequence.crossPenalty = mk_attention_penalty(
                weight: penalty, of: Int32(MK_PENALTY_OF_ALL_ROWS), marked: concepts?.count ?? 0)
            return sequence
        }
    }

    private func fill(_ hidden: UnsafeMutablePointer<Float>, samples: Int) {
        for sample in 0..<samples {
            (hidden + sample * start.values.count).update(from: start.values, count: start.values.count)
        }
    }

    /// What the queries say of a picture with concept rows behind it, `[queries, width]`.
    func outputs(_ prefix: Blip2Prefix, _ concepts: ConceptInsertion?) -> Matrix {
        let sequences = sequences([prefix], concepts, penalty: 0)
        let pieces = TransformerActivations.pieces(stack, sequences, isKept: false)
        return stack.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(stack, sequences, isKept: false, in: workspace)
            fill(a.hidden, samples: 1)
            stack.forward(a, sequences, entersAtCross: true)
            return Matrix(
                rows: queries, columns: stack.shape.width,
                values: Array(UnsafeBufferPointer(start: a.hidden, count: start.values.count)))
        }
    }

    /// Runs the queries of several pictures, gives what `body` makes of them back through the blocks to the concept rows
    /// (see `ConceptInsertion.gradient`), and returns the regulariser.
    ///
    /// `body` is given the projected queries of all pictures, one after the other, and returns their gradient.
    func train(
        _ prefixes: [Blip2Prefix], _ concepts: ConceptInsertion, penalty: Double, _ body: (Matrix) throws -> Matrix
    ) throws -> Double {
        let sequences = sequences(prefixes, concepts, penalty: penalty)
        let rows = prefixes.count * queries
        let width = stack.shape.width
        let pieces =
            TransformerActivations.pieces(stack, sequences, isKept: true)
            + TransformerStack.Gradients.pieces(stack.shape, rows: rows)
        return try stack.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(stack, sequences, isKept: true, in: workspace)
            let g = TransformerStack.Gradients(stack.shape, rows: rows, in: workspace)
            fill(a.hidden, samples: prefixes.count)
            stack.forward(a, sequences, entersAtCross: true)
            let seen = Matrix(
                rows: rows, columns: width, values: Array(UnsafeBufferPointer(start: a.hidden, count: rows * width)))
            let gradient = try body(projection(seen))
            gradient.values.withUnsafeBufferPointer { gradient in
                if let from = gradient.baseAddress { projection.backward(from, rows: rows, into: g.stream) }
            }
            return stack.backward(a, sequences, g, endsAtCross: true).reduce(0, +)
        }
    }
}

/// A picture as the Q-Former reads it: keys and values of every cross-attention. Immutable.
final class Blip2Prefix: ImagePrefix {
    let memory: TransformerMemory
    /// Mean norms of the picture's keys and values in each block with cross-attention.
    let norms: [(key: Float, value: Float)]
    /// Positions of the queries in the language side's context.
    let count: Int
    /// Concept rows join the vision tower as unit vectors.
    let conceptNorm: Float = 1

    init(memory: TransformerMemory, norms: [(key: Float, value: Float)], count: Int) {
        self.memory = memory
        self.norms = norms
        self.count = count
    }
}

extension TransformerStack {
    /// What the first block's self-attention makes of one sequence's rows.
    func afterFirstSelfAttention(_ rows: Matrix) -> Matrix {
        let sequences = [TransformerSequence(row: 0, count: rows.rows)]
        let pieces = TransformerActivations.pieces(self, sequences, isKept: false)
        return workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(self, sequences, isKept: false, in: workspace)
            a.hidden.update(from: rows.values, count: rows.values.count)
            attendToOwnRows(a, sequences, block: 0)
            return Matrix(
                rows: rows.rows, columns: rows.columns,
                values: Array(UnsafeBufferPointer(start: a.hidden, count: rows.values.count)))
        }
    }
}
