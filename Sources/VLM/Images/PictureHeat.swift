/// How much each cell of a grid over a picture speaks for one thing, and the box around what speaks for it most.
///
/// A pure value. The unit of the cells is that of who made them; the box does not depend on it.
public struct PictureHeat: Sendable, Equatable {
    /// Cells of a row.
    public let columns: Int
    /// Row by row.
    public let cells: [Float]
    /// What the grid lies over, in pixels of the upright picture. Where a model frames pictures before it looks at them it
    /// reaches beyond the picture, and where it crops them it is only a part.
    public let area: PictureBox

    /// Heat; nil unless the cells are whole rows of finite numbers over an area.
    public init?(columns: Int, cells: [Float], area: PictureBox) {
        guard columns > 0, !cells.isEmpty, cells.count % columns == 0, cells.allSatisfy(\.isFinite), area.width > 0,
            area.height > 0
        else { return nil }
        self.columns = columns
        self.cells = cells
        self.area = area
    }

    private var rows: Int { cells.count / columns }

    /// The box of what speaks most, inside of a picture of so many pixels: the least one around the cells that hang
    /// together, side by side, with the largest, and lie half way or more from the mean of all to the largest.
    ///
    /// Half way from the mean, not from zero: heads and attention have no zero that says "not here". Nil where all cells
    /// are the same, or the place is outside of the picture.
    public func box(width: Int, height: Int) -> PictureBox? {
        guard let (top, left, bottom, right) = hottest() else { return nil }
        let (across, down) = (area.width / Float(columns), area.height / Float(rows))
        return PictureBox(
            x: area.x + Float(left) * across, y: area.y + Float(top) * down, width: Float(right - left) * across,
            height: Float(bottom - top) * down
        ).shared(with: PictureBox(pictureOf: width, height))
    }

    /// Edges of the hottest cells, in cells.
    private func hottest() -> (top: Int, left: Int, bottom: Int, right: Int)? {
        let peak = cells.indices.reduce(0) { cells[$1] > cells[$0] ? $1 : $0 }
        let mean = cells.reduce(0.0) { $0 + Double($1) } / Double(cells.count)
        let (most, least) = (Double(cells[peak]), Double(cells.min() ?? 0))
        guard most > least else { return nil }
        let level = mean + (most - mean) / 2
        var (reached, waiting) = (Set([peak]), [peak])
        while let cell = waiting.popLast() {
            for next in neighbours(of: cell) where Double(cells[next]) >= level && reached.insert(next).inserted {
                waiting.append(next)
            }
        }
        let (ys, xs) = (reached.map { $0 / columns }, reached.map { $0 % columns })
        guard let top = ys.min(), let left = xs.min(), let bottom = ys.max(), let right = xs.max() else { return nil }
        return (top, left, bottom + 1, right + 1)
    }

    private func neighbours(of cell: Int) -> [Int] {
        let column = cell % columns
        return [
            column > 0 ? cell - 1 : nil, column + 1 < columns ? cell + 1 : nil, cell >= columns ? cell - columns : nil,
            cell + columns < cells.count ? cell + columns : nil,
        ].compactMap { $0 }
    }
}
