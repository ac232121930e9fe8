package import Compute

/// Averages a square map to fewer places, so that the language model reads fewer visual tokens: torch's
/// `adaptive_avg_pool2d`. Windows overlap where the sides do not divide each other.
package struct VisualPool: Sendable {
    package let side: Int
    /// Cells of each place, row by row.
    private let windows: [[Int]]

    /// From `side` x `side` cells to `places` x `places` of 1 to `side`.
    package init(side: Int, places: Int) {
        self.side = side
        let spans = (0..<places).map { $0 * side / places..<(($0 + 1) * side + places - 1) / places }
        windows = spans.flatMap { rows in
            spans.map { columns in rows.flatMap { row in columns.map { row * side + $0 } } }
        }
    }

    /// `[places * places, features]` of a map `[side * side, features]`.
    package func callAsFunction(_ map: Matrix) -> Matrix {
        var pooled = Matrix(rows: windows.count, columns: map.columns)
        for (place, cells) in windows.enumerated() {
            for cell in cells {
                for column in 0..<map.columns { pooled[place, column] += map[cell, column] }
            }
            for column in 0..<map.columns { pooled[place, column] /= Float(cells.count) }
        }
        return pooled
    }

    /// What places get, spread over the cells they are the mean of: `[side * side]` with the same sum.
    package func spread(_ shares: [Float]) -> [Float] {
        var cells = [Float](repeating: 0, count: side * side)
        for (share, window) in zip(shares, windows) {
            for cell in window { cells[cell] += share / Float(window.count) }
        }
        return cells
    }
}
