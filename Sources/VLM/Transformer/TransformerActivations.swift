internal import Compute

/// What a forward pass of `rows` packed rows writes. With `isKept` every block has its own part of the buffers, so that a
/// backward pass finds them; otherwise all blocks share one.
struct TransformerActivations {
    let rows: Int
    let isKept: Bool
    /// Floats of the probabilities of all sequences in one block, of self-attention and of cross-attention.
    let scores: Int
    let crossScores: Int
    let hidden: UnsafeMutablePointer<Float>  // [rows, width], rows in, rows out
    let normed: UnsafeMutablePointer<Float>  // [rows, width]
    let attended: UnsafeMutablePointer<Float>  // [rows, attention]
    let activated: UnsafeMutablePointer<Float>  // [rows, inner]
    let queryKeyValue: UnsafeMutablePointer<Float>  // [blocks or 1, rows, queries + keys + values]
    let crossQuery: UnsafeMutablePointer<Float>  // [cross blocks or 1, rows, attention]
    let wide: UnsafeMutablePointer<Float>  // [blocks or 1, rows, wideInner], before the activation
    let beforeAttention: UnsafeMutablePointer<Float>  // [blocks or 0, rows, width], what the norm of a part reads
    let beforeCross: UnsafeMutablePointer<Float>  // [cross blocks or 0, rows, width]
    let beforeMLP: UnsafeMutablePointer<Float>  // [blocks or 0, rows, width]
    let probabilities: UnsafeMutablePointer<Float>  // [blocks or 0, scores]
    let crossProbabilities: UnsafeMutablePointer<Float>  // [cross blocks or 0, crossScores]

    private static func scores(_ stack: TransformerStack, _ sequences: [TransformerSequence]) -> (Int, Int) {
        let heads = stack.shape.heads
        return (
            sequences.reduce(0) { $0 + heads * $1.scores }, sequences.reduce(0) { $0 + heads * $1.crossScores }
        )
    }

    /// Sizes of the buffers in the order they are taken.
    static func pieces(_ stack: TransformerStack, _ sequences: [TransformerSequence], isKept: Bool) -> [Int] {
        let shape = stack.shape
        let rows = sequences.reduce(0) { $0 + $1.count }
        let (blocks, crosses) = isKept ? (stack.blocks.count, stack.crossBlocks) : (1, min(1, stack.crossBlocks))
        let (kept, keptCross) = isKept ? (blocks, crosses) : (0, 0)
        let (scores, crossScores) = scores(stack, sequences)
        let stream = rows * shape.width
        return [
            stream, stream, rows * shape.attention, rows * shape.inner, blocks * rows * shape.queryKeyValue,
            crosses * rows * shape.attention, blocks * rows * shape.wideInner, kept * stream, keptCross * stream,
            kept * stream, kept * scores, keptCross * crossScores,
        ]
    }

    init(_ stack: TransformerStack, _ sequences: [TransformerSequence], isKept: Bool, in workspace: Workspace) {
        let taken = Self.pieces(stack, sequences, isKept: isKept).map(workspace.take)
        rows = sequences.reduce(0) { $0 + $1.count }
        self.isKept = isKept
        (scores, crossScores) = Self.scores(stack, sequences)
        hidden = taken[0]
        normed = taken[1]
        attended = taken[2]
        activated = taken[3]
        queryKeyValue = taken[4]
        crossQuery = taken[5]
        wide = taken[6]
        beforeAttention = taken[7]
        beforeCross = taken[8]
        beforeMLP = taken[9]
        probabilities = taken[10]
        crossProbabilities = taken[11]
    }
}
