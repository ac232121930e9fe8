internal import Compute
internal import Kernels

/// Concept rows behind a picture in BLIP-2, as MyVLM puts them there (published code, modeling_blip_2.py).
///
/// A row e enters behind the last vision block as e / |e| with no residual, goes through the tower's last norm with the
/// picture's rows, and in every cross-attention its key and its value are brought to the mean norm of the picture's.
/// Confined to one computation.
final class ConceptInsertion {
    /// The vision tower's last norm.
    typealias LastNorm = (weight: [Float], bias: [Float], epsilon: Float)

    /// Rows of all concepts together.
    let count: Int
    private let concept: Matrix
    private let unit: Matrix  // [count, vision width]
    private let raw: [Matrix]  // of each block, [count, 2 * attention]
    private let prefixes: [Blip2Prefix]
    private let qFormer: QFormer
    private let lastNorm: LastNorm
    private let rows: FloatBuffer  // [samples, blocks, count, 2 * attention], rescaled
    private let gradients: FloatBuffer?

    /// Nil without concept rows. Throws `invalidArgument` for rows of another width.
    init?(
        _ concepts: [Matrix], qFormer: QFormer, lastNorm: LastNorm,
        prefixes: [Blip2Prefix], isTraining: Bool
    ) throws {
        let width = lastNorm.weight.count
        for concept in concepts where concept.columns != width {
            throw VLMError(
                .invalidArgument,
                "a concept row has \(concept.columns) numbers, this model's have \(width): the concept was made for "
                    + "another model; enroll it again")
        }
        let values = concepts.flatMap(\.values)
        guard !values.isEmpty else { return nil }
        let concept = Matrix(rows: values.count / width, columns: width, values: values)
        let unit = ConceptRow.rescaled(concept, to: 1)
        var normed = unit
        normed.values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            mk_layer_norm(base, lastNorm.weight, lastNorm.bias, lastNorm.epsilon, concept.rows, width, base)
        }
        let entering = normed
        let raw = qFormer.keyValue.map { $0(entering) }
        let size = concept.rows * 2 * qFormer.stack.shape.attention
        rows = FloatBuffer(count: prefixes.count * raw.count * size)
        gradients = isTraining ? FloatBuffer(count: prefixes.count * raw.count * size) : nil
        count = concept.rows
        self.concept = concept
        self.unit = unit
        self.raw = raw
        self.prefixes = prefixes
        self.qFormer = qFormer
        self.lastNorm = lastNorm
        for (sample, prefix) in prefixes.enumerated() {
            for (block, made) in raw.enumerated() {
                let to = rows.pointer + place(sample: sample, block: block)
                to.update(from: rescaled(made, prefix.norms[block]).values, count: size)
            }
        }
    }

    private var attention: Int { qFormer.stack.shape.attention }

    private func place(sample: Int, block: Int) -> Int { (sample * raw.count + block) * count * 2 * attention }

    /// Keys and values of `made` `[count, 2 * attention]` at the norms of a picture.
    private func rescaled(_ made: Matrix, _ norms: (key: Float, value: Float)) -> Matrix {
        Self.joined(
            ConceptRow.rescaled(Self.half(made, 0), to: norms.key),
            ConceptRow.rescaled(Self.half(made, 1), to: norms.value))
    }

    /// Of one sample in one block with cross-attention.
    func stretch(sample: Int, block: Int) -> mk_keys {
        var stretch = mk_keys()
        let place = place(sample: sample, block: block)
        stretch.keys = UnsafePointer(rows.pointer + place)
        stretch.values = UnsafePointer(rows.pointer + place + attention)
        stretch.count = count
        stretch.stride = 2 * attention
        stretch.head = qFormer.stack.shape.headSize
        if let gradients {
            stretch.key_gradient = gradients.pointer + place
            stretch.value_gradient = gradients.pointer + place + attention
            stretch.gradient_stride = 2 * attention
            stretch.gradient_head = stretch.head
        }
        return stretch
    }

    /// The derivative by the concept rows as given, from what a backward pass has added to the stretches.
    func gradient() -> Matrix {
        var seen = Matrix(rows: count, columns: unit.columns)
        guard let gradients else { return seen }
        for (block, made) in raw.enumerated() {
            var sum = Matrix(rows: count, columns: 2 * attention)
            for (sample, prefix) in prefixes.enumerated() {
                let from = gradients.pointer + place(sample: sample, block: block)
                let given = Matrix(
                    rows: count, columns: 2 * attention,
                    values: Array(UnsafeBufferPointer(start: from, count: count * 2 * attention)))
                let norms = prefix.norms[block]
                let part = Self.joined(
                    ConceptRow.rescaledBackward(Self.half(made, 0), to: norms.key, gradient: Self.half(given, 0)),
                    ConceptRow.rescaledBackward(Self.half(made, 1), to: norms.value, gradient: Self.half(given, 1)))
                for index in sum.values.indices { sum.values[index] += part.values[index] }
            }
            seen.values.withUnsafeMutableBufferPointer { buffer in
                guard let to = buffer.baseAddress else { return }
                qFormer.keyValue[block].backward(sum.values, rows: count, into: to, accumulate: true)
            }
        }
        var given = Matrix(rows: count, columns: unit.columns)
        given.values.withUnsafeMutableBufferPointer { buffer in
            guard let to = buffer.baseAddress else { return }
            mk_layer_norm_backward(
                unit.values, lastNorm.weight, lastNorm.epsilon, seen.values, count, unit.columns, to)
        }
        return ConceptRow.rescaledBackward(concept, to: 1, gradient: given)
    }

    /// The mean norm of rows over some of their columns.
    static func meanNorm(_ rows: Matrix, columns: Range<Int>) -> Float {
        var sum = 0.0
        for row in 0..<rows.rows {
            var squares = 0.0
            for column in columns {
                let value = Double(rows[row, column])
                squares += value * value
            }
            sum += squares.squareRoot()
        }
        return Float(sum / Double(max(rows.rows, 1)))
    }

    private static func half(_ matrix: Matrix, _ index: Int) -> Matrix {
        let width = matrix.columns / 2
        var values: [Float] = []
        values.reserveCapacity(matrix.rows * width)
        for row in 0..<matrix.rows {
            let start = row * matrix.columns + index * width
            values += matrix.values[start..<start + width]
        }
        return Matrix(rows: matrix.rows, columns: width, values: values)
    }

    private static func joined(_ left: Matrix, _ right: Matrix) -> Matrix {
        var values: [Float] = []
        values.reserveCapacity(left.values.count + right.values.count)
        for row in 0..<left.rows {
            values += left.row(row)
            values += right.row(row)
        }
        return Matrix(rows: left.rows, columns: left.columns + right.columns, values: values)
    }
}
