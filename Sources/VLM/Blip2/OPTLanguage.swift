package import Compute
internal import Kernels

/// A frozen OPT decoder (Zhang et al. 2022) that reads projected queries before its words. Immutable; safe from any thread.
///
/// Learned positions counted from 2, biases everywhere, ReLU; OPT-350m norms behind its parts and has narrower words.
package struct OPTLanguage: VisualLanguage {
    let stack: TransformerStack
    let embedding: Weight  // [vocabulary, words]
    let positions: FloatBuffer  // [contextSize + 2, width]
    /// From the width of the words to that of the blocks, where these differ.
    let projection: BiasedLinear?
    let head: LanguageHead
    package let contextSize: Int
    /// Positions are counted from here.
    static let firstPosition = 2

    package var visualSize: Int { embedding.inputs }
    package var vocabularySize: Int { embedding.outputs }
    package var bytesPerToken: Int { stack.bytes + head.weight.bytes + (head.projection?.weight.bytes ?? 0) }

    package func begin(visual: Matrix?, prompt: [Int32], capacity: Int) throws -> VisualSequence {
        try check(prompt)
        let used = (visual?.rows ?? 0) + prompt.count
        guard used > 0 else { throw VLMError(.invalidArgument, "an answer to nothing at all") }
        try check(used: used, capacity: capacity)
        let cache = KeyValueCache(
            capacity: used + capacity, blocks: stack.blocks.count, shape: stack.shape)
        let sequence = VisualSequence(count: used, capacity: used + capacity, cache: cache)
        let rows = [TransformerSequence(row: 0, count: used, cache: cache)]
        sequence.logits = try run(rows, last: 1) { a, workspace in
            try write(visual: visual, prompt, to: a.hidden, rows: used, in: workspace)
        }
        return sequence
    }

    package func step(_ sequences: [VisualSequence], tokens: [Int32]) throws {
        try check(sequences, tokens: tokens)
        guard !sequences.isEmpty else { return }
        let rows = sequences.enumerated().map { index, sequence in
            TransformerSequence(row: index, count: 1, past: sequence.count, cache: sequence.cache)
        }
        let width = stack.shape.width
        let logits = try run(rows, last: sequences.count) { a, workspace in
            let words = workspace.take(tokens.count * embedding.inputs)
            embed(tokens, to: words)
            enter(words, rows: tokens.count, to: a.hidden)
            for (row, sequence) in sequences.enumerated() {
                add(position: sequence.count, to: a.hidden + row * width)
            }
        }
        for (index, sequence) in sequences.enumerated() {
            sequence.logits = Array(logits[index * vocabularySize..<(index + 1) * vocabularySize])
            sequence.count += 1
        }
    }

    package func copy(_ sequence: VisualSequence) -> VisualSequence {
        let other = VisualSequence(
            count: sequence.count, capacity: sequence.capacity,
            cache: sequence.cache.copy(sequence.count))
        other.logits = sequence.logits
        return other
    }

    package func logits(visual: Matrix, prompt: [Int32], target: [Int32]) throws -> Matrix {
        let read = prompt + target.dropLast()
        try check(read)
        let count = visual.rows + read.count
        try check(used: count, capacity: 0)
        let values = try run([TransformerSequence(row: 0, count: count)], last: target.count) { a, workspace in
            try write(visual: visual, read, to: a.hidden, rows: count, in: workspace)
        }
        return Matrix(rows: target.count, columns: vocabularySize, values: values)
    }

    /// Runs rows that `fill` writes and returns the logits of the `last` rows.
    private func run(
        _ sequences: [TransformerSequence], last: Int, fill: (TransformerActivations, Workspace) throws -> Void
    ) throws -> [Float] {
        let rows = sequences.reduce(0) { $0 + $1.count }
        let pieces =
            TransformerActivations.pieces(stack, sequences, isKept: false) + head.pieces(stack, count: last)
            + [rows * embedding.inputs]
        return try stack.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(stack, sequences, isKept: false, in: workspace)
            try fill(a, workspace)
            stack.forward(a, sequences)
            let total = last * vocabularySize
            return [Float](unsafeUninitializedCapacity: total) { buffer, initialized in
                if let base = buffer.baseAddress {
                    let from = a.hidden + (rows - last) * stack.shape.width
                    head.logits(stack, of: from, count: last, to: base, in: workspace)
                }
                initialized = total
            }
        }
    }

    /// Words of tokens, `[tokens.count, words]`.
    func embed(_ tokens: [Int32], to words: UnsafeMutablePointer<Float>) {
        for (index, token) in tokens.enumerated() {
            embedding.copyRow(Int(token), to: words + index * embedding.inputs)
        }
    }

    /// From words to the rows of the blocks, without positions.
    func enter(_ words: UnsafePointer<Float>, rows: Int, to hidden: UnsafeMutablePointer<Float>) {
        if let projection {
            projection(words, rows: rows, into: hidden)
        } else {
            hidden.update(from: words, count: rows * stack.shape.width)
        }
    }

    func add(position: Int, to row: UnsafeMutablePointer<Float>) {
        let from = positions.pointer + (position + Self.firstPosition) * stack.shape.width
        for index in 0..<stack.shape.width { row[index] += from[index] }
    }

    /// The rows of a sequence from its start: visual rows, tokens, positions. Takes `rows * words` floats.
    func write(
        visual: Matrix?, _ tokens: [Int32], to hidden: UnsafeMutablePointer<Float>, rows: Int, in workspace: Workspace
    ) throws {
        let words = workspace.take(rows * embedding.inputs)
        if let visual {
            guard visual.columns == embedding.inputs else {
                throw VLMError(
                    .invalidArgument, "visual rows of \(visual.columns) numbers; \(embedding.inputs) are needed")
            }
            words.update(from: visual.values, count: visual.values.count)
        }
        embed(tokens, to: words + (visual?.rows ?? 0) * embedding.inputs)
        enter(words, rows: rows, to: hidden)
        for row in 0..<rows { add(position: row, to: hidden + row * stack.shape.width) }
    }
}
