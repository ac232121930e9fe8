import COpenBLAS

/// Dense products of plain matrices.
public enum Gemm {
    /// `a b^T`: a `[m, k]`, b `[n, k]` (a weight of a linear map), result `[m, n]`.
    public static func multiply(_ a: Matrix, transposed b: Matrix) -> Matrix {
        precondition(a.columns == b.columns, "\(a.columns) columns against \(b.columns)")
        var c = Matrix(rows: a.rows, columns: b.rows)
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(a.rows), Int32(b.rows), Int32(a.columns), 1, a.values,
            Int32(a.columns), b.values, Int32(b.columns), 0, &c.values, Int32(b.rows))
        return c
    }
}
