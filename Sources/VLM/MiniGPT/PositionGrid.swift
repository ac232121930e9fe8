/// Positions of patches on a square, stretched to another number of patches.
///
/// Bicubic with the coefficient -0.75, half-pixel centres and repeated borders: what `torch.nn.functional.interpolate` does
/// with `mode="bicubic", align_corners=False`, by which EVA's positions for 224 pixels become those for 448.
enum PositionGrid {
    /// `values` are `[side * side, width]`; returns `[newSide * newSide, width]`, the same numbers where the sides agree.
    static func resized(_ values: [Float], side: Int, to newSide: Int, width: Int) -> [Float] {
        precondition(values.count == side * side * width, "\(values.count) positions for \(side) x \(side) x \(width)")
        guard side != newSide else { return values }
        let taps = (0..<newSide).map { Self.taps(of: $0, side: side, newSide: newSide) }
        var result = [Float](repeating: 0, count: newSide * newSide * width)
        for y in 0..<newSide {
            for x in 0..<newSide {
                let start = (y * newSide + x) * width
                for (row, down) in taps[y] {
                    for (column, across) in taps[x] {
                        let (from, weight) = ((row * side + column) * width, down * across)
                        for index in 0..<width { result[start + index] += weight * values[from + index] }
                    }
                }
            }
        }
        return result
    }

    /// The four places that a new one is mixed of, and their weights.
    private static func taps(of place: Int, side: Int, newSide: Int) -> [(place: Int, weight: Float)] {
        let centre = (Float(place) + 0.5) * Float(side) / Float(newSide) - 0.5
        let first = centre.rounded(.down)
        let part = centre - first
        return (-1...2).map { step in
            (min(max(Int(first) + step, 0), side - 1), weight(abs(part - Float(step))))
        }
    }

    /// Keys' cubic kernel.
    private static func weight(_ distance: Float) -> Float {
        let a: Float = -0.75
        return distance <= 1
            ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
            : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    }
}
