package import Compute
internal import Kernels

/// A small decoder that says in a few words what it sees in a picture's map, before the language model speaks.
///
/// A `TransformerStack`: words attend to the words before them and to the picture, which is its map's cells and its best
/// tags. Everything is 32-bit floats. Immutable; safe from any thread.
package struct Sketch: Sendable {
    /// What the words attend to beside each other: a picture's map and tags as keys and values of every block.
    package struct Memory: Sendable {
        let rows: TransformerMemory
    }

    /// Keys and values of the words of one line so far. A value: lines that were one go their own ways.
    package struct Said: Sendable {
        private(set) var count = 0
        private var cache: KeyValueCache

        init(cache: KeyValueCache) { self.cache = cache }

        /// The next word's row.
        mutating func next(row: Int) -> TransformerSequence {
            if !isKnownUniquelyReferenced(&cache) { cache = cache.copy(count) }
            defer { count += 1 }
            return TransformerSequence(row: row, count: 1, past: count, cache: cache)
        }
    }

    /// Of a picture's tags as many are looked at.
    static let tags = 3

    package let vocabulary: SketchVocabulary
    let embed: Matrix  // [words, width]
    let output: BiasedLinear  // the same, as a map to logits, with a bias
    let places: Matrix  // [longest, width]
    let cells: BiasedLinear  // [width, features]
    let cellPlaces: Matrix  // [cells, width]
    let cellNorm: TransformerStack.Norm
    let tag: BiasedLinear  // [width, width]
    let tagPlaces: Matrix  // [tags, width]
    let norm: TransformerStack.Norm
    let stack: TransformerStack
    /// The picture's keys and values of each block, `[2 * width, width]`.
    let keyValue: [BiasedLinear]

    var width: Int { embed.columns }

    /// Words an answer and its mark may have together.
    var longest: Int { places.rows }

    static let epsilon: Float = 1e-5

    /// What the words attend to: a picture's map `[cells, features]` and its tags, the most probable first.
    package func memory(map: Matrix, tags: [ObjectTag]) -> Memory {
        var rows = cells(map)
        for index in rows.values.indices { rows.values[index] += cellPlaces.values[index] }
        rows.values += spelled(Array(tags.prefix(Self.tags))).values
        var seen = Matrix(rows: cellPlaces.rows + Self.tags, columns: width, values: rows.values)
        stack.normalise(&seen, cellNorm)
        return Memory(
            rows: TransformerMemory(
                rows: seen, maps: keyValue, heads: stack.shape.heads, size: stack.shape.headSize))
    }

    /// `[tags, width]`: the mean of the words of each, weighed by the root of its probability.
    private func spelled(_ tags: [ObjectTag]) -> Matrix {
        var means = Matrix(rows: Self.tags, columns: width)
        for (row, tag) in tags.enumerated() {
            let words = vocabulary.numbers(of: tag.name)
            for word in words {
                for (column, value) in embed.row(word).enumerated() {
                    means[row, column] += value * Float(width).squareRoot() / Float(words.count)
                }
            }
        }
        var rows = tag(means)
        for row in 0..<Self.tags {
            let weight = row < tags.count ? tags[row].probability.squareRoot() : 0
            for column in 0..<width { rows[row, column] = rows[row, column] * weight + tagPlaces[row, column] }
        }
        return rows
    }

    /// The keys and values of no word.
    package var nothingSaid: Said {
        Said(cache: KeyValueCache(capacity: longest, blocks: stack.blocks.count, shape: stack.shape))
    }

    /// Logits `[lines, words]` of what follows, when each line is continued by a word. Its keys and values are added to
    /// `past`, which holds those of the words before, at most `longest` with it.
    package func step(_ words: [Int], _ past: inout [Said], memory: Memory) -> Matrix {
        let sequences = words.indices.map { row in
            var sequence = past[row].next(row: row)
            sequence.memoryCount = memory.rows.count
            sequence.memory = { (memory.rows.stretch(block: $0), mk_keys()) }
            return sequence
        }
        let pieces = TransformerActivations.pieces(stack, sequences, isKept: false)
        return stack.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(stack, sequences, isKept: false, in: workspace)
            let scale = Float(width).squareRoot()
            for (row, word) in words.enumerated() {
                let to = a.hidden + row * width
                for (column, (value, place)) in zip(embed.row(word), places.row(sequences[row].past)).enumerated() {
                    to[column] = value * scale + place
                }
            }
            stack.forward(a, sequences)
            stack.normalise(a.hidden, norm, rows: words.count, into: a.hidden)
            return output(
                Matrix(
                    rows: words.count, columns: width,
                    values: Array(UnsafeBufferPointer(start: a.hidden, count: words.count * width))))
        }
    }
}
