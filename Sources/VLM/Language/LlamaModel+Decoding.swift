public import Compute

extension LlamaModel {
    /// The keys and values of `rows` `[n, hiddenSize]` at the positions after `prefix`, together with those of `prefix`.
    ///
    /// Throws `contextOverflow` when they do not fit, `invalidArgument` for rows of another width or no positions.
    public func prefix(of rows: Matrix, after prefix: KeyValuePrefix? = nil) throws -> KeyValuePrefix {
        let sequence = try extend(prefix, by: rows, capacity: 0) { _, _ in }
        guard let prefix else {
            return KeyValuePrefix(count: rows.rows, configuration: configuration, cache: sequence.cache)
        }
        let all = KeyValueCache(capacity: sequence.count, blocks: configuration.blocks, shape: configuration.shape)
        prefix.cache.copy(prefix.count, to: all)
        sequence.cache.copy(rows.rows, to: all, at: prefix.count)
        return KeyValuePrefix(count: sequence.count, configuration: configuration, cache: all)
    }

    /// A running sequence of `rows` `[n > 0, hiddenSize]` after a prefix, which is shared, not copied.
    ///
    /// `capacity` is the number of tokens that may follow. Throws as `prefix(of:after:)`.
    public func begin(_ rows: Matrix, after prefix: KeyValuePrefix?, capacity: Int) throws -> LlamaSequence {
        var logits: [Float] = []
        let sequence = try extend(prefix, by: rows, capacity: capacity) { hidden, workspace in
            logits = self.logits(of: hidden + (rows.rows - 1) * configuration.hiddenSize, count: 1, workspace)
        }
        sequence.logits = logits
        return sequence
    }

    /// Logits `[last, vocabularySize]` of the last `last` of `rows`. Throws as `prefix(of:after:)`.
    public func logits(of rows: Matrix, after prefix: KeyValuePrefix?, last: Int) throws -> Matrix {
        guard last > 0, last <= rows.rows else {
            throw VLMError(.invalidArgument, "logits of the last \(last) of \(rows.rows) rows")
        }
        var values: [Float] = []
        _ = try extend(prefix, by: rows, capacity: 0, logits: last) { hidden, workspace in
            let first = hidden + (rows.rows - last) * configuration.hiddenSize
            values = logits(of: first, count: last, workspace)
        }
        return Matrix(rows: last, columns: configuration.vocabularySize, values: values)
    }

    /// Appends `tokens[i]` to `sequences[i]` and renews its logits: bit for bit what stepping it alone gives.
    ///
    /// Throws before anything has changed: `contextOverflow` when a sequence is at its capacity, `invalidArgument` for
    /// unequal counts, an unknown token, a sequence given twice or one of another model.
    public func step(_ sequences: [LlamaSequence], tokens: [Int32]) throws {
        guard sequences.count == tokens.count else {
            throw VLMError(.invalidArgument, "\(tokens.count) tokens for \(sequences.count) sequences")
        }
        try check(tokens)
        guard Set(sequences.map(ObjectIdentifier.init)).count == sequences.count else {
            throw VLMError(.invalidArgument, "a sequence stands twice in a batch")
        }
        for sequence in sequences {
            guard sequence.configuration == configuration else {
                throw VLMError(.invalidArgument, "the sequence was begun by a model of another shape")
            }
            guard sequence.count < sequence.capacity else {
                throw VLMError(.contextOverflow, "the sequence is at its capacity of \(sequence.capacity) positions")
            }
        }
        let count = sequences.count
        guard count > 0 else { return }
        let size = configuration.vocabularySize
        let rows = sequences.enumerated().map { $1.next(row: $0, count: 1) }
        let pieces =
            TransformerActivations.pieces(stack, rows, isKept: false) + head.pieces(stack, count: count)
            + [count * size]
        try stack.workspaces.with(pieces: pieces) { workspace in
            let activations = TransformerActivations(stack, rows, isKept: false, in: workspace)
            try writeEmbeddings(of: tokens, to: activations.hidden)
            stack.forward(activations, rows)
            let logits = workspace.take(count * size)
            head.logits(stack, of: activations.hidden, count: count, to: logits, in: workspace)
            for (index, sequence) in sequences.enumerated() {
                sequence.logits.withUnsafeMutableBufferPointer { buffer in
                    _ = buffer.update(fromContentsOf: UnsafeBufferPointer(start: logits + index * size, count: size))
                }
                sequence.own += 1
            }
        }
    }

    private func logits(of hidden: UnsafePointer<Float>, count: Int, _ workspace: Workspace) -> [Float] {
        let total = count * configuration.vocabularySize
        return [Float](unsafeUninitializedCapacity: total) { buffer, initialized in
            if let base = buffer.baseAddress { head.logits(stack, of: hidden, count: count, to: base, in: workspace) }
            initialized = total
        }
    }

    /// Runs rows after a prefix; `body` sees their last hidden states `[n, hiddenSize]`.
    private func extend(
        _ prefix: KeyValuePrefix?, by rows: Matrix, capacity: Int, logits: Int = 1,
        _ body: (UnsafePointer<Float>, Workspace) -> Void
    ) throws -> LlamaSequence {
        guard rows.columns == configuration.hiddenSize, rows.rows > 0 else {
            throw VLMError(
                .invalidArgument,
                "rows of \(rows.rows) x \(rows.columns); at least one of width \(configuration.hiddenSize) is needed")
        }
        guard capacity >= 0 else { throw VLMError(.invalidArgument, "a capacity of \(capacity) tokens") }
        try prefix?.check(configuration)
        let used = (prefix?.count ?? 0) + rows.rows
        // Subtracted, since a caller's capacity may be near the largest integer.
        try checkContext(used)
        guard capacity <= configuration.contextSize - used else {
            throw VLMError(
                .contextOverflow,
                "\(used) positions and \(capacity) tokens more do not fit the model's \(configuration.contextSize)")
        }
        let sequence = LlamaSequence(prefix: prefix, capacity: rows.rows + capacity, configuration: configuration)
        let own = [sequence.next(row: 0, count: rows.rows)]
        let pieces =
            TransformerActivations.pieces(stack, own, isKept: false) + head.pieces(stack, count: logits)
        stack.workspaces.with(pieces: pieces) { workspace in
            let activations = TransformerActivations(stack, own, isKept: false, in: workspace)
            activations.hidden.update(from: rows.values, count: rows.values.count)
            stack.forward(activations, own)
            body(activations.hidden, workspace)
        }
        sequence.own = rows.rows
        return sequence
    }
}
