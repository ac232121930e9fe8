import Compute

/// Rows that teach the encoder's classifier further words, such as "toy": more classes beside its own.
package struct WordRows: Sendable {
    /// `[words, features]`.
    private let weight: Matrix
    /// `[words]`.
    private let bias: [Float]

    /// Reads `weight` and `bias`; throws `checkpointMalformed` when they do not fit the encoder or each other.
    package init(_ file: SafetensorsFile, features: Int) throws {
        weight = try file.matrix("weight")
        bias = try file.floats("bias")
        guard weight.columns == features, weight.rows == bias.count, !bias.isEmpty else {
            throw VLMError(
                .checkpointMalformed,
                "the rows of further words are \(weight.rows) x \(weight.columns) with \(bias.count) biases; "
                    + "the encoder has \(features) features")
        }
    }

    package var count: Int { bias.count }

    /// Their logits for a pooled feature, `[words]`, comparable with the encoder's own.
    package func logits(pooled: [Float]) -> [Float] {
        bias.indices.map { row in
            zip(weight.row(row), pooled).reduce(bias[row]) { $0 + $1.0 * $1.1 }
        }
    }
}
