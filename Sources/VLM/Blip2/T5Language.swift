package import Compute
internal import Kernels

/// A frozen T5 encoder-decoder (Raffel et al. 2020; Flan-T5: Chung et al. 2022) whose encoder reads projected queries
/// before the prompt. Immutable; safe from any thread.
package struct T5Language: VisualLanguage {
    let encoder: TransformerStack
    let encoderNorm: TransformerStack.Norm
    let decoder: TransformerStack
    /// The encoder's output as keys and values of each decoder block, `[2 * attention, width]`.
    let keyValue: [BiasedLinear]
    let embedding: Weight  // [vocabulary, width]
    let head: LanguageHead
    /// What a decoder reads before its first word.
    let firstToken: Int32
    package let contextSize: Int

    package var visualSize: Int { embedding.inputs }
    package var vocabularySize: Int { embedding.outputs }
    package var bytesPerToken: Int { decoder.bytes + head.weight.bytes }

    package func begin(visual: Matrix?, prompt: [Int32], capacity: Int) throws -> VisualSequence {
        try check(prompt)
        let read = (visual?.rows ?? 0) + prompt.count
        guard read > 0 else { throw VLMError(.invalidArgument, "an answer to nothing at all") }
        try check(used: read, capacity: 0)
        try check(used: 1, capacity: capacity)
        let rows = try encoderRows(visual: visual, prompt)
        let memory = TransformerMemory(
            rows: encoded(rows), maps: keyValue, heads: decoder.shape.heads, size: decoder.shape.headSize)
        let sequence = VisualSequence(
            count: 0, capacity: capacity + 1,
            cache: KeyValueCache(
                capacity: capacity + 1, blocks: decoder.blocks.count, shape: decoder.shape),
            memory: memory)
        try step([sequence], tokens: [firstToken])
        return sequence
    }

    package func step(_ sequences: [VisualSequence], tokens: [Int32]) throws {
        try check(sequences, tokens: tokens)
        guard !sequences.isEmpty else { return }
        let rows = try sequences.enumerated().map { index, sequence in
            guard let memory = sequence.memory else {
                throw VLMError(.invalidArgument, "the sequence was begun by a model of another kind")
            }
            return decoderRows(
                TransformerSequence(row: index, count: 1, past: sequence.count, cache: sequence.cache), memory)
        }
        let logits = run(rows, tokens: tokens, last: tokens.count)
        for (index, sequence) in sequences.enumerated() {
            sequence.logits = Array(logits[index * vocabularySize..<(index + 1) * vocabularySize])
            sequence.count += 1
        }
    }

    package func copy(_ sequence: VisualSequence) -> VisualSequence {
        let other = VisualSequence(
            count: sequence.count, capacity: sequence.capacity,
            cache: sequence.cache.copy(sequence.count), memory: sequence.memory)
        other.logits = sequence.logits
        return other
    }

    package func logits(visual: Matrix, prompt: [Int32], target: [Int32]) throws -> Matrix {
        try check(prompt + target)
        let memory = TransformerMemory(
            rows: encoded(try encoderRows(visual: visual, prompt)), maps: keyValue, heads: decoder.shape.heads,
            size: decoder.shape.headSize)
        let rows = decoderRows(TransformerSequence(row: 0, count: target.count), memory)
        let values = run([rows], tokens: [firstToken] + target.dropLast(), last: target.count)
        return Matrix(rows: target.count, columns: vocabularySize, values: values)
    }

    /// The encoder's input: visual rows, then tokens.
    private func encoderRows(visual: Matrix?, _ prompt: [Int32]) throws -> Matrix {
        guard visual?.columns ?? visualSize == visualSize else {
            throw VLMError(.invalidArgument, "visual rows of another width than \(visualSize)")
        }
        var values = visual?.values ?? []
        for token in prompt { values += embedding.row(Int(token)) }
        return Matrix(rows: values.count / visualSize, columns: visualSize, values: values)
    }

    /// What the decoder attends to.
    private func encoded(_ rows: Matrix) -> Matrix {
        let sequences = [TransformerSequence(row: 0, count: rows.rows)]
        return encoder.workspaces.with(pieces: TransformerActivations.pieces(encoder, sequences, isKept: false)) {
            let a = TransformerActivations(encoder, sequences, isKept: false, in: $0)
            a.hidden.update(from: rows.values, count: rows.values.count)
            encoder.forward(a, sequences)
            encoder.normalise(a.hidden, encoderNorm, rows: rows.rows, into: a.normed)
            return Matrix(
                rows: rows.rows, columns: rows.columns,
                values: Array(UnsafeBufferPointer(start: a.normed, count: rows.values.count)))
        }
    }

    private func decoderRows(_ sequence: TransformerSequence, _ memory: TransformerMemory) -> TransformerSequence {
        var sequence = sequence
        sequence.memoryCount = memory.count
        sequence.memory = { (memory.stretch(block: $0), mk_keys()) }
        return sequence
    }

    /// Decodes tokens, one for each row, and returns the logits of the last rows.
    private func run(_ sequences: [TransformerSequence], tokens: [Int32], last: Int) -> [Float] {
        let pieces =
            TransformerActivations.pieces(decoder, sequences, isKept: false) + head.pieces(decoder, count: last)
        return decoder.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(decoder, sequences, isKept: false, in: workspace)
            embed(tokens, to: a.hidden)
            decoder.forward(a, sequences)
            let total = last * vocabularySize
            return [Float](unsafeUninitializedCapacity: total) { buffer, initialized in
                if let base = buffer.baseAddress {
                    let from = a.hidden + (tokens.count - last) * decoder.shape.width
                    head.logits(decoder, of: from, count: last, to: base, in: workspace)
                }
                initialized = total
            }
        }
    }

    func embed(_ tokens: [Int32], to rows: UnsafeMutablePointer<Float>) {
        for (index, token) in tokens.enumerated() { embedding.copyRow(Int(token), to: rows + index * visualSize) }
    }
}
