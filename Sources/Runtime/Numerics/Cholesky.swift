/// The triangular root of a symmetric positive definite matrix: A = L L^T.
package struct Cholesky: Sendable {
    package let size: Int
    /// L row by row, each up to its diagonal, `[size (size + 1) / 2]`.
    private let factor: [Double]

    /// Factors the matrix whose entries at and below the diagonal `entry` gives, `entry(row, column)`. `least` is what
    /// rounding may not push a pivot below: A - `least` I is known to have no negative direction.
    package init(size: Int, least: Double, entry: (Int, Int) -> Double) {
        var factor: [Double] = []
        factor.reserveCapacity(size * (size + 1) / 2)
        for row in 0..<size {
            // Every entry is what earlier columns leave of the matrix.
            let start = factor.count
            for column in 0..<row {
                let known = Self.product(factor, start, column * (column + 1) / 2, count: column)
                factor.append((entry(row, column) - known) / factor[column * (column + 1) / 2 + column])
            }
            let left = entry(row, row) - Self.product(factor, start, start, count: row)
            factor.append(max(left, least).squareRoot())
        }
        self.factor = factor
        self.size = size
    }

    /// L^-1 x.
    package func whitened(_ x: [Double]) -> [Double] {
        var solved: [Double] = []
        solved.reserveCapacity(size)
        factor.withUnsafeBufferPointer { factor in
            for row in 0..<size {
                let start = row * (row + 1) / 2
                let known = solved.withUnsafeBufferPointer {
                    DotProduct.of(UnsafeBufferPointer(rebasing: factor[start..<start + row]), $0)
                }
                solved.append((x[row] - known) / factor[start + row])
            }
        }
        return solved
    }

    /// L^-T x.
    package func transposeSolved(_ x: [Double]) -> [Double] {
        var rest = x
        for row in (0..<size).reversed() {
            let start = row * (row + 1) / 2
            rest[row] /= factor[start + row]
            let value = rest[row]
            for column in 0..<row { rest[column] -= value * factor[start + column] }
        }
        return rest
    }

    /// A^-1 x.
    package func solved(_ x: [Double]) -> [Double] { transposeSolved(whitened(x)) }

    private static func product(_ factor: [Double], _ one: Int, _ other: Int, count: Int) -> Double {
        factor.withUnsafeBufferPointer { factor in
            DotProduct.of(
                UnsafeBufferPointer(rebasing: factor[one..<one + count]),
                UnsafeBufferPointer(rebasing: factor[other..<other + count]))
        }
    }
}
