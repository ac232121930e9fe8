package import Compute

/// A part of the visual grid that object heads look at.
///
/// Two things in one picture share its pooled feature, and neither looks like itself in it; each does in its own half.
/// Halves overlap by the middle column of an odd grid, so that a thing in the middle is whole in one of them more often.
package enum GridPart: CaseIterable, Sendable {
    case whole
    case left
    case right

    /// Columns of a grid that is `count` wide.
    func columns(of count: Int) -> Range<Int> {
        switch self {
        case .whole: 0..<count
        case .left: 0..<(count + 1) / 2
        case .right: count / 2..<count
        }
    }

    /// The mean of a map, `[rows * columns, features]`, over this part: `[features]`.
    package func pooled(_ map: Matrix, columns: Int) -> [Float] {
        let range = self.columns(of: columns)
        var sum = [Float](repeating: 0, count: map.columns)
        var cells = 0
        for cell in 0..<map.rows where range.contains(cell % columns) {
            let row = map.row(cell)
            for (i, value) in row.enumerated() { sum[i] += value }
            cells += 1
        }
        return sum.map { $0 / Float(max(cells, 1)) }
    }
}
