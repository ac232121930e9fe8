package import Compute

/// Weighs what pictures differ in anyway less than what few of them show: the inverse of a triangular root of the
/// everyday features' covariance.
///
/// Features of everyday pictures vary most in what tells rooms from meadows; what tells one thing from its look-alikes is
/// in directions that hardly vary there. After the whitening all directions count alike, so that nearness, the penalty of
/// a head and its margin mean the same everywhere (exemplar-LDA, Hariharan et al. 2012). With covariance
/// C = (1 - s) X^T X / n + s tr(X^T X / n) / d I = L L^T a centred feature x becomes L^-1 x; any other root would turn
/// all features together and change no decision. Deterministic; immutable.
package struct Whitening: Sendable {
    /// s: how much of the identity stands in for what a small bank cannot say.
    package static let shrinkage = 0.5
    /// Features a bank needs before its covariance says anything.
    package static let least = 100

    private let root: Cholesky

    /// Of raw features, `[n, d]`, and their centre; nil where there are fewer than `least`, or where they do not vary.
    package init?(features: Matrix, mean: [Float]) {
        guard features.rows >= Self.least else { return nil }
        let size = mean.count
        // Feature by feature, so that an entry of the covariance is one inner product.
        let columns = (0..<size).map { column in
            (0..<features.rows).map { Double(features[$0, column] - mean[column]) }
        }
        let variances = columns.map { DotProduct.of($0, $0) / Double(features.rows) }
        let floor = Self.shrinkage * variances.reduce(0, +) / Double(size)
        guard floor > 0, floor.isFinite else { return nil }
        let scale = (1 - Self.shrinkage) / Double(features.rows)
        // C - floor I has no negative direction.
        root = Cholesky(size: size, least: floor / 2) { row, column in
            row == column
                ? (1 - Self.shrinkage) * variances[row] + floor
                : scale * DotProduct.of(columns[row], columns[column])
        }
    }

    /// L^-1 x for a centred feature, `[d]`.
    package func callAsFunction(_ centred: [Float]) -> [Float] {
        root.whitened(centred.map(Double.init)).map(Float.init)
    }

    /// L^-T w, `[d]`: its inner product with a centred feature is that of w with the whitened one.
    package func dual(of weight: [Float]) -> [Float] {
        root.transposeSolved(weight.map(Double.init)).map(Float.init)
    }
}
