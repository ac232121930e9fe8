package import Compute

/// Where object heads look: pooled features minus the negative bank's mean, perhaps whitened, at unit norm.
package struct FeatureSpace: Sendable {
    /// `[features]`, of the bank.
    package let mean: [Float]

    private let whitening: Whitening?

    /// Without a whitening: how like two photos are as the encoder sees them.
    package init(mean: [Float]) {
        self.mean = mean
        whitening = nil
    }

    /// Whitened by a bank that is large enough for it: where heads decide.
    package init(of bank: NegativeFeatures) {
        mean = bank.mean
        whitening = Whitening(features: bank.features, mean: bank.mean)
    }

    /// The weights, `[features]`, whose inner product with a centred feature is that of `weight` with what this space
    /// makes of it, but for the norm.
    package func dual(of weight: [Float]) -> [Float] { whitening?.dual(of: weight) ?? weight }

    /// The direction of one pooled feature, `[features]`, and the norm it had before.
    package func direction(of pooled: [Float]) -> (unit: [Float], norm: Float) {
        var centred = [Float](repeating: 0, count: mean.count)
        for i in 0..<mean.count { centred[i] = pooled[i] - mean[i] }
        if let whitening { centred = whitening(centred) }
        let norm = DotProduct.of(centred, centred).squareRoot()
        // A feature equal to the mean has no direction; zero says "nothing known" and gets the head's bias.
        guard norm > 0 else { return (centred, 0) }
        for i in 0..<centred.count { centred[i] /= norm }
        return (centred, norm)
    }

    /// Directions of raw pooled features, `[n, features]`.
    package func unitRows(of features: Matrix) -> Matrix {
        Matrix(
            rows: features.rows, columns: features.columns,
            values: (0..<features.rows).flatMap { direction(of: Array(features.row($0))).unit })
    }

    /// Directions of raw pooled features, `[n, features]`, as Double rows for training.
    package func directions(of features: Matrix) -> [[Double]] {
        (0..<features.rows).map { row in direction(of: Array(features.row(row))).unit.map(Double.init) }
    }
}
