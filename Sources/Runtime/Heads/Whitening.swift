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

    /// L row by row, each up to its diagonal, `[d (d + 1) / 2]`.
    private let factor: [Double]
    private let size: Int

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
        var factor: [Double] = []
        factor.reserveCapacity(size * (size + 1) / 2)
        let scale = (1 - Self.shrinkage) / Double(features.rows)
        for row in 0..<size {
            // Cholesky: every entry is what earlier columns leave of the covariance.
            let start = factor.count
            for column in 0..<row {
                let left = scale * DotProduct.of(columns[row], columns[column])
                let known = Self.product(factor, start, column * (column + 1) / 2, count: column)
                factor.append((left - known) / factor[column * (column + 1) / 2 + column])
            }
            let left = (1 - Self.shrinkage) * variances[row] + floor
            // What is left is at least `floor` but for rounding: C - floor I has no negative direction.
            factor.append(max(left - Self.product(factor, start, start, count: row), floor / 2).squareRoot())
        }
        self.factor = factor
        self.size = size
    }

    /// L^-1 x for a centred feature, `[d]`.
    package func callAsFunction(_ centred: [Float]) -> [Float] {
        var solved: [Double] = []
        solved.reserveCapacity(size)
        factor.withUnsafeBufferPointer { factor in
            for row in 0..<size {
                let start = row * (row + 1) / 2
                let known = solved.withUnsafeBufferPointer {
                    DotProduct.of(UnsafeBufferPointer(rebasing: factor[start..<start + row]), $0)
                }
                solved.append((Double(centred[row]) - known) / factor[start + row])
            }
        }
        return solved.map(Float.init)
    }

    /// L^-T w, `[d]`: its inner product with a centred feature is that of w with the whitened one.
    package func dual(of weight: [Float]) -> [Float] {
        var rest = weight.map(Double.init)
        for row in (0..<size).reversed() {
            let start = row * (row + 1) / 2
            rest[row] /= factor[start + row]
            let value = rest[row]
            for column in 0..<row { rest[column] -= value * factor[start + column] }
        }
        return rest.map(Float.init)
    }

    private static func product(_ factor: [Double], _ one: Int, _ other: Int, count: Int) -> Double {
        factor.withUnsafeBufferPointer { factor in
            DotProduct.of(
                UnsafeBufferPointer(rebasing: factor[one..<one + count]),
                UnsafeBufferPointer(rebasing: factor[other..<other + count]))
        }
    }
}
