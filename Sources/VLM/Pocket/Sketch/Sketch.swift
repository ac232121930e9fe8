package import Compute
internal import Kernels

/// A small decoder that says in a few words what it sees in a picture's map, before the language model speaks.
///
/// Pre-norm transformer: words attend to the words before them and to the picture, which is its map's cells and its best
/// tags. Everything is 32-bit floats. Immutable; safe from any thread.
package struct Sketch: Sendable {
    struct Norm: Sendable {
        let weight: [Float]
        let bias: [Float]
    }

    struct Attention: Sendable {
        let query: BiasedLinear
        let key: BiasedLinear
        let value: BiasedLinear
        let output: BiasedLinear
    }

    struct Layer: Sendable {
        let ownNorm: Norm
        let own: Attention
        let seenNorm: Norm
        let seen: Attention
        let mlpNorm: Norm
        let first: BiasedLinear
        let second: BiasedLinear
    }

    /// Keys and values of one kind of rows, `[rows, width]` for each layer.
    package struct KeyValues: Sendable {
        package var keys: [[Float]]
        package var values: [[Float]]
    }

    /// Of a picture's tags as many are looked at.
    static let tags = 3

    package let vocabulary: SketchVocabulary
    let heads: Int
    let embed: Matrix  // [words, width]
    let output: BiasedLinear  // the same, as a map to logits, with a bias
    let places: Matrix  // [longest, width]
    let cells: BiasedLinear  // [width, features]
    let cellPlaces: Matrix  // [cells, width]
    let cellNorm: Norm
    let tag: BiasedLinear  // [width, width]
    let tagPlaces: Matrix  // [tags, width]
    let norm: Norm
    let layers: [Layer]

    var width: Int { embed.columns }

    /// Words an answer and its mark may have together.
    var longest: Int { places.rows }

    private static let epsilon: Float = 1e-5

    /// What the words attend to: a picture's map `[cells, features]` and its tags, the most probable first.
    package func memory(map: Matrix, tags: [ObjectTag]) -> KeyValues {
        var rows = cells(map)
        for index in rows.values.indices { rows.values[index] += cellPlaces.values[index] }
        rows.values += spelled(Array(tags.prefix(Self.tags))).values
        let seen = normed(
            Matrix(rows: cellPlaces.rows + Self.tags, columns: width, values: rows.values), cellNorm)
        return KeyValues(
            keys: layers.map { $0.seen.key(seen).values }, values: layers.map { $0.seen.value(seen).values })
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
    package var nothingSaid: KeyValues { KeyValues(keys: layers.map { _ in [] }, values: layers.map { _ in [] }) }

    /// Logits `[lines, words]` of what follows, when each line is continued by a word. Its keys and values are added to
    /// `past`, which holds those of the words before, as many for every line.
    package func step(_ words: [Int], _ past: inout [KeyValues], memory: KeyValues) -> Matrix {
        let place = (past.first?.keys.first?.count ?? 0) / width
        var x = Matrix(rows: words.count, columns: width)
        for (row, word) in words.enumerated() {
            for column in 0..<width {
                x[row, column] = embed[word, column] * Float(width).squareRoot() + places[place, column]
            }
        }
        for (number, layer) in layers.enumerated() {
            let h = normed(x, layer.ownNorm)
            let (keys, values) = (layer.own.key(h), layer.own.value(h))
            let queries = layer.own.query(h)
            var attended = Matrix(rows: words.count, columns: width)
            for row in words.indices {
                past[row].keys[number] += keys.row(row)
                past[row].values[number] += values.row(row)
                attend(queries, row, past[row].keys[number], past[row].values[number], into: &attended)
            }
            add(layer.own.output(attended), to: &x)
            let asked = layer.seen.query(normed(x, layer.seenNorm))
            for row in words.indices {
                attend(asked, row, memory.keys[number], memory.values[number], into: &attended)
            }
            add(layer.seen.output(attended), to: &x)
            add(layer.second(layer.first(normed(x, layer.mlpNorm), .gelu)), to: &x)
        }
        return output(normed(x, norm))
    }

    /// softmax(q k^T / sqrt(size)) v of every head, of one row.
    private func attend(_ queries: Matrix, _ row: Int, _ keys: [Float], _ values: [Float], into result: inout Matrix) {
        let (size, count) = (width / heads, keys.count / width)
        let scale = 1 / Float(size).squareRoot()
        let query = queries.row(row)
        for head in 0..<heads {
            let first = head * size
            let scores = (0..<count).map { key in
                var sum: Float = 0
                for index in 0..<size {
                    sum += query[query.startIndex + first + index] * keys[key * width + first + index]
                }
                return sum * scale
            }
            let weights = Activation.softmax(scores)
            for index in 0..<size {
                var sum: Float = 0
                for key in 0..<count { sum += weights[key] * values[key * width + first + index] }
                result[row, first + index] = sum
            }
        }
    }

    private func normed(_ x: Matrix, _ norm: Norm) -> Matrix {
        var y = Matrix(rows: x.rows, columns: x.columns)
        x.values.withUnsafeBufferPointer { from in
            y.values.withUnsafeMutableBufferPointer { to in
                guard let from = from.baseAddress, let to = to.baseAddress else { return }
                mk_layer_norm(from, norm.weight, norm.bias, Self.epsilon, x.rows, x.columns, to)
            }
        }
        return y
    }

    private func add(_ more: Matrix, to x: inout Matrix) {
        for index in x.values.indices { x.values[index] += more.values[index] }
    }
}
