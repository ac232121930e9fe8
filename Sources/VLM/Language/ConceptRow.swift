public import Compute

/// Rows of a concept embedding as the model reads them: only their direction counts.
public enum ConceptRow {
    /// Each row e of `rows` as e / |e| * `norm`; a row of zeros stays zero.
    public static func rescaled(_ rows: Matrix, to norm: Float) -> Matrix {
        var result = rows
        for row in 0..<rows.rows {
            let length = length(rows.row(row))
            let factor = length > 0 ? norm / length : 0
            for column in 0..<rows.columns { result[row, column] = rows[row, column] * factor }
        }
        return result
    }

    /// The derivative with respect to `rows` from that with respect to the rescaled rows: with u = e / |e|,
    /// norm / |e| * (g - u (u . g)); zero for a row of zeros.
    public static func rescaledBackward(_ rows: Matrix, to norm: Float, gradient: Matrix) -> Matrix {
        precondition(
            rows.rows == gradient.rows && rows.columns == gradient.columns,
            "a gradient of \(gradient.rows) x \(gradient.columns) for \(rows.rows) x \(rows.columns)")
        var result = gradient
        for row in 0..<rows.rows {
            let length = length(rows.row(row))
            let along = zip(rows.row(row), gradient.row(row)).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let share = length > 0 ? Float(along / (Double(length) * Double(length))) : 0
            let factor = length > 0 ? norm / length : 0
            for column in 0..<rows.columns {
                result[row, column] = factor * (gradient[row, column] - share * rows[row, column])
            }
        }
        return result
    }

    private static func length(_ row: ArraySlice<Float>) -> Float {
        Float(row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
    }
}
