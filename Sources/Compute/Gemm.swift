internal import COpenBLAS
internal import Kernels

/// Plain dense products of row-major matrices; safe from any thread.
///
/// Many rows go to OpenBLAS in chunks of a fixed size, each on one thread of the shared pool, so that OpenBLAS's own
/// static split never waits for a thread the system has put aside; few rows go to a kernel of our own.
public enum Gemm {
    /// From this many rows on OpenBLAS is used: below, it reaches 15-30 % of the processor's peak.
    private static let manyRows = 64

    /// c `[m, n]` = a `[m, k]` b, b `[k, n]`, added to c when `accumulate`.
    public static func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int, n: Int,
        k: Int, accumulate: Bool = false
    ) {
        if m < manyRows {
            mk_gemm_plain(a, b, c, m, n, k, accumulate ? 1 : 0)
        } else {
            blas(a, b, into: c, m: m, n: n, k: k, transposed: false, accumulate: accumulate)
        }
    }

    /// c `[m, n]` = a `[m, k]` b^T, b `[n, k]` as a linear layer's weight, added to c when `accumulate`.
    public static func multiply(
        _ a: UnsafePointer<Float>, transposed b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int,
        n: Int, k: Int, accumulate: Bool = false
    ) {
        if m < manyRows {
            mk_gemm_plain_transposed(a, b, c, m, n, k, accumulate ? 1 : 0)
        } else {
            blas(a, b, into: c, m: m, n: n, k: k, transposed: true, accumulate: accumulate)
        }
    }

    /// a b, `[a.rows, b.columns]`.
    public static func multiply(_ a: Matrix, _ b: Matrix) -> Matrix {
        precondition(a.columns == b.rows, "\(a.rows) x \(a.columns) times \(b.rows) x \(b.columns)")
        var c = Matrix(rows: a.rows, columns: b.columns)
        withPointers(a, b, &c) { multiply($0, $1, into: $2, m: a.rows, n: b.columns, k: a.columns) }
        return c
    }

    /// a b^T, `[a.rows, b.rows]`.
    public static func multiply(_ a: Matrix, transposed b: Matrix) -> Matrix {
        precondition(a.columns == b.columns, "\(a.rows) x \(a.columns) times (\(b.rows) x \(b.columns))^T")
        var c = Matrix(rows: a.rows, columns: b.rows)
        withPointers(a, b, &c) { multiply($0, transposed: $1, into: $2, m: a.rows, n: b.rows, k: a.columns) }
        return c
    }

    private typealias Body = (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void

    private static func withPointers(_ a: Matrix, _ b: Matrix, _ c: inout Matrix, _ body: Body) {
        a.values.withUnsafeBufferPointer { a in
            b.values.withUnsafeBufferPointer { b in
                c.values.withUnsafeMutableBufferPointer { c in
                    if let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress { body(a, b, c) }
                }
            }
        }
    }

    /// What the chunks share. `@unchecked Sendable`: they read `a` and `b` and write disjoint parts of `c`, and all end
    /// before the call that holds the pointers returns.
    private struct Product: @unchecked Sendable {
        let a: UnsafePointer<Float>
        let b: UnsafePointer<Float>
        let c: UnsafeMutablePointer<Float>
    }

    private static func blas(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int, n: Int,
        k: Int, transposed: Bool, accumulate: Bool
    ) {
        BLASThreads.keepToTheCaller()
        let product = Product(a: a, b: b, c: c)
        // Chunks along the longer side; their size depends on the shape alone, so the numbers do too.
        let alongRows = m >= n
        let length = alongRows ? m : n
        let chunk = max(64, min(512, (length / 8 + 63) / 64 * 64))
        Parallel.forEachChunk(of: (length + chunk - 1) / chunk, grain: 1) { lower, upper in
            for index in lower..<upper {
                let start = index * chunk
                let size = min(chunk, length - start)
                let b = alongRows ? product.b : product.b + (transposed ? start * k : start)
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans,
                    Int32(alongRows ? size : m), Int32(alongRows ? n : size), Int32(k), 1,
                    product.a + (alongRows ? start * k : 0), Int32(k), b, Int32(transposed ? k : n),
                    accumulate ? 1 : 0, product.c + (alongRows ? start * n : start), Int32(n))
            }
        }
    }
}
