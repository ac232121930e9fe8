package import Compute
import Foundations

/// Says which of a user's things a picture shows, given that it shows one of them.
///
/// Ridge regression of the enrolled photos' directions on which thing each shows, one output a thing, solved in closed
/// form. With rows X `[photos, features]` and one-hot labels Y `[photos, things]` a direction x scores
/// Y^T (X X^T + lambda I)^-1 X x: nearness to each thing's photos, less what look-alikes have in common. Immutable.
package struct RidgeClassifier: Sendable {
    /// lambda; directions have unit norm, so it is as much as one photo says of itself.
    package static let penalty = 1.0
    /// Photos that are solved for; a user with more has each thing's photos joined into their mean.
    package static let maximumRows = 512

    /// Directions, `[photos, features]`.
    private var rows: Matrix
    /// (X X^T + lambda I)^-1 Y, `[things, photos]`.
    private var duals: Matrix

    /// Zeroes what it knows.
    mutating func wipe() {
        rows.values.wipe()
        duals.values.wipe()
    }

    /// Of the directions of each thing's photos, `[photos, features]`; a thing without any scores 0.
    package init(_ things: [Matrix], maximumRows: Int = Self.maximumRows) {
        let count = things.reduce(0) { $0 + $1.rows }
        let things = count > maximumRows ? things.map(Self.mean) : things
        let columns = things.first?.columns ?? 0
        let rows = Matrix(
            rows: things.reduce(0) { $0 + $1.rows }, columns: columns, values: things.flatMap(\.values))
        self.rows = rows
        let gram = DotProduct.products(rows, rows)
        let root = Cholesky(size: rows.rows, least: Self.penalty / 2) { row, column in
            Double(gram[row, column]) + (row == column ? Self.penalty : 0)
        }
        var first = 0
        var duals: [Float] = []
        for thing in things {
            var labels = [Double](repeating: 0, count: rows.rows)
            for row in first..<first + thing.rows { labels[row] = 1 }
            first += thing.rows
            duals += root.solved(labels).map(Float.init)
        }
        self.duals = Matrix(rows: things.count, columns: rows.rows, values: duals)
    }

    /// Bytes of what it computed; the directions count too, since they are copied together.
    var bytes: Int { (rows.values.count + duals.values.count) * MemoryLayout<Float>.size }

    /// Scores of a direction, `[things]`; only their order means anything.
    package func scores(of direction: [Float]) -> [Float] {
        let products = DotProduct.products(Matrix(rows: 1, columns: direction.count, values: direction), rows)
        return DotProduct.products(products, duals).values
    }

    /// The mean of directions as one direction, `[1, features]`.
    private static func mean(_ directions: Matrix) -> Matrix {
        guard directions.rows > 1 else { return directions }
        var sum = [Float](repeating: 0, count: directions.columns)
        for row in 0..<directions.rows {
            for (index, value) in directions.row(row).enumerated() { sum[index] += value }
        }
        let norm = DotProduct.of(sum, sum).squareRoot()
        return Matrix(rows: 1, columns: sum.count, values: norm > 0 ? sum.map { $0 / norm } : sum)
    }
}
