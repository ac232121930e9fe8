import Compute
import Testing

@Suite(.timeLimit(.minutes(10))) struct GemmTests {
    /// Both sides of the border between our kernel and OpenBLAS, chunks along rows and along columns.
    @Test(arguments: [(1, 40, 30), (63, 33, 20), (64, 33, 20), (65, 1, 9), (100, 700, 31), (1500, 65, 12), (64, 64, 1)])
    func productsMatchDoublePrecision(m: Int, n: Int, k: Int) {
        var numbers = TestNumbers(seed: UInt64(m))
        let a = numbers.vector(m * k)
        let b = numbers.vector(k * n)
        let start = numbers.vector(m * n)
        let bT = transposed(b, rows: k, columns: n)
        let expected = product(a, b, m: m, n: n, k: k)
        let left = Matrix(rows: m, columns: k, values: a)
        #expect(
            largestDifference(Gemm.multiply(left, Matrix(rows: k, columns: n, values: b)).values, expected) < 1e-4)
        #expect(
            largestDifference(
                Gemm.multiply(left, transposed: Matrix(rows: n, columns: k, values: bT)).values, expected) < 1e-4)
        let added = zip(expected, start).map { $0 + Double($1) }
        var c = start
        Gemm.multiply(a, b, into: &c, m: m, n: n, k: k, accumulate: true)
        #expect(largestDifference(c, added) < 1e-4)
        c = start
        Gemm.multiply(a, transposed: bT, into: &c, m: m, n: n, k: k, accumulate: true)
        #expect(largestDifference(c, added) < 1e-4)
    }

    @Test func concurrentProductsAgree() async {
        var numbers = TestNumbers(seed: 1)
        let a = Matrix(rows: 300, columns: 64, values: numbers.vector(300 * 64))
        let b = Matrix(rows: 90, columns: 64, values: numbers.vector(90 * 64))
        let expected = Gemm.multiply(a, transposed: b)
        await withTaskGroup(of: Matrix.self) { group in
            for _ in 0..<32 { group.addTask { Gemm.multiply(a, transposed: b) } }
            for await result in group { #expect(result == expected) }
        }
    }
}
