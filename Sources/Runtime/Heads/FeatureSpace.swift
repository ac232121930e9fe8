package import Compute

/// Where object heads look: pooled features minus the negative bank's mean, at unit norm.
package struct FeatureSpace: Sendable {
    /// `[features]`, of the bank.
    package let mean: [Float]

    package init(mean: [Float]) {
        self.mean = mean
    }

    /// The direction of one pooled feature, `[features]`, and the norm it had before.
    package func direction(of pooled: [Float]) -> (unit: [Float], norm: Float) {
        var centred = [Float](repeating: 0, count: mean.count)
        for i in 0..<mean.count { centred[i] = pooled[i] - mean[i] }
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
