import Compute
import Foundation
import Kernels
import Testing

/// Every instruction set's kernels against double precision. The choice holds for the calling thread only.
@Suite(.timeLimit(.minutes(10))) struct InstructionSetTests {
    private static let shapes: [(m: Int, n: Int, k: Int)] = [
        (1, 1, 1), (1, 32, 16), (2, 33, 5), (3, 31, 7), (5, 64, 32), (6, 17, 33), (7, 96, 40), (11, 40, 1),
        (12, 48, 64),
        (13, 65, 31), (25, 32, 100), (64, 20, 47), (241, 35, 19), (1, 100, 2100), (3, 2100, 37),
    ]

    @Test(arguments: instructionSets)
    func productsMatchDoublePrecision(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        #expect(mk_current_isa() == isa)
        for (index, shape) in Self.shapes.enumerated() {
            let (m, n, k) = shape
            var numbers = TestNumbers(seed: UInt64(index))
            let a = numbers.vector(m * k)
            let b = numbers.vector(k * n)
            let start = numbers.vector(m * n)
            let bT = transposed(b, rows: k, columns: n)
            let dy = numbers.vector(m * n)
            let expected = product(a, b, m: m, n: n, k: k)
            let added = zip(expected, start).map { $0 + Double($1) }
            let backward = product(dy, bT, m: m, n: k, k: n)
            let tolerance = 1e-6 * Double(max(k, n)) + 1e-6

            let weight = Weight(outputs: n, inputs: k, values: bT)
            #expect(
                largestDifference(weight.multiply(Matrix(rows: m, columns: k, values: a)).values, expected) < tolerance)
            var y = start
            weight.multiply(a, rows: m, into: &y, accumulate: true)
            #expect(largestDifference(y, added) < tolerance, "\(shape)")
            var dx = [Float](repeating: .nan, count: m * k)
            weight.multiplyTransposed(dy, rows: m, into: &dx)
            #expect(largestDifference(dx, backward) < tolerance, "\(shape)")
            weight.multiplyTransposed(dy, rows: m, into: &dx, accumulate: true)
            #expect(largestDifference(dx, backward.map { 2 * $0 }) < 2 * tolerance, "\(shape)")
            #expect(weight.row(n - 1) == Array(bT[((n - 1) * k)...]))

            var c = start
            mk_gemm_plain(a, b, &c, m, n, k, 1)
            #expect(largestDifference(c, added) < tolerance, "\(shape)")
            c = start
            mk_gemm_plain_transposed(a, bT, &c, m, n, k, 0)
            #expect(largestDifference(c, expected) < tolerance, "\(shape)")
        }
    }

    @Test(arguments: instructionSets)
    func rowsDoNotDependOnTheirNeighbours(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        var numbers = TestNumbers(seed: 7)
        let (n, k) = (75, 131)
        let weight = Weight(outputs: n, inputs: k, values: numbers.vector(n * k))
        let x = numbers.vector(260 * k)
        let all = weight.multiply(Matrix(rows: 260, columns: k, values: x)).values
        for rows in Array(1...26) + [100, 259] {
            let some = weight.multiply(Matrix(rows: rows, columns: k, values: Array(x[..<(rows * k)]))).values
            #expect(some == Array(all[..<(rows * n)]), "\(rows) rows")
        }
    }

    @Test(arguments: instructionSets)
    func rowKernelsMatchDoublePrecision(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        for n in [1, 2, 15, 16, 17, 48, 100] {
            var numbers = TestNumbers(seed: UInt64(n))
            let x = numbers.vector(n, scale: 9)
            let w = numbers.vector(n)
            var y = x
            mk_softmax(&y, n)
            let top = Double(x.max() ?? 0)
            let sum = x.reduce(0.0) { $0 + exp(Double($1) - top) }
            #expect(largestDifference(y, x.map { exp(Double($0) - top) / sum }) < 1e-6)
            y = x
            mk_bias_activation(&y, nil, Int32(MK_ACTIVATION_SILU), 1, n)
            #expect(largestDifference(y, x.map { Double($0) / (1 + exp(-Double($0))) }) < 2e-6)
            y = x
            mk_bias_activation(&y, nil, Int32(MK_ACTIVATION_GELU), 1, n)
            #expect(largestDifference(y, x.map { 0.5 * Double($0) * (1 + erf(Double($0) / 2.0.squareRoot())) }) < 2e-6)
            mk_rms_norm(x, w, 1e-5, 1, n, &y)
            let mean = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(n) + 1e-5
            #expect(largestDifference(y, zip(x, w).map { Double($0) * Double($1) / mean.squareRoot() }) < 1e-5)
        }
    }

    /// Beyond e^-87 the result is 0, large logits do not overflow, NaN is not swallowed.
    @Test(arguments: instructionSets)
    func softmaxSurvivesExtremes(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        #expect(Activation.softmax([3e38, -3e38, 3e38]) == [0.5, 0, 0.5])
        #expect(Activation.softmax([0, -.infinity]) == [1, 0])
        #expect(Activation.softmax([-200, -100]) == [0, 1])
        #expect(Activation.softmax([0, .nan])[1].isNaN)
        #expect(Activation.softmax([]).isEmpty)
        var x: [Float] = [-1000, -88, 1000]
        mk_bias_activation(&x, nil, Int32(MK_ACTIVATION_SILU), 1, 3)
        #expect(abs(x[0]) < 1e-30 && abs(x[1]) < 1e-30 && x[2] == 1000)
    }

    @Test(arguments: instructionSets)
    func gradientsMatchFiniteDifferences(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        for n in [3, 16, 21] {
            var numbers = TestNumbers(seed: UInt64(n) + 40)
            let x = numbers.vector(n)
            let w = numbers.vector(n)
            let dy = numbers.vector(n)
            func weighted(_ y: [Float]) -> Double { zip(y, dy).reduce(0) { $0 + Double($1.0) * Double($1.1) } }

            var dx = [Float](repeating: 0, count: n)
            mk_rms_norm_backward(x, w, 1e-5, dy, 1, n, &dx)
            var expected = slope(x) { x in
                var y = x
                mk_rms_norm(x, w, 1e-5, 1, n, &y)
                return weighted(y)
            }
            #expect(largestDifference(dx, expected) < 2e-3)

            let gu = numbers.vector(2 * n, scale: 2)
            var dgu = gu
            mk_activate_backward(gu, dy, Int32(MK_ACTIVATION_SILU), 1, 1, n, &dgu)
            expected = slope(gu) { gu in
                var y = [Float](repeating: 0, count: n)
                mk_activate(gu, Int32(MK_ACTIVATION_SILU), 1, 1, n, &y)
                return weighted(y)
            }
            #expect(largestDifference(dgu, expected) < 1e-3)

            var p = x
            mk_softmax(&p, n)
            var ds = dy
            mk_softmax_backward(p, dy, n, &ds)
            expected = slope(x) { x in weighted(Activation.softmax(x)) }
            #expect(largestDifference(ds, expected) < 1e-3)

            var logits = x + x
            var losses = [0.0, 0.0]
            mk_cross_entropy(&logits, [0, Int32(n - 1)], 2, n, 0.5, &losses)
            for (row, target) in [0, n - 1].enumerated() {
                #expect(abs(losses[row] + log(Double(p[target]))) < 1e-5)
                expected = slope(x) { x in -0.5 * log(Double(Activation.softmax(x)[target])) }
                #expect(largestDifference(Array(logits[(row * n)..<((row + 1) * n)]), expected) < 1e-3)
            }
        }
    }

    /// A rotation keeps lengths, and the backward pass is the rotation back.
    @Test(arguments: instructionSets) func rotationsAreUndone(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        var numbers = TestNumbers(seed: 4)
        let x = numbers.vector(3 * 32)
        let angles = numbers.vector(16, scale: 3)
        var (y, portable) = (x, x)
        mk_select_isa(Int32(MK_PORTABLE))
        mk_rope(&portable, 3, 32, angles.map(cos), angles.map(sin), 1)
        mk_select_isa(isa)
        mk_rope(&y, 3, 32, angles.map(cos), angles.map(sin), 1)
        #expect(y == portable, "a rotation gives the same bits everywhere")
        #expect(abs(y[0] - (x[0] * cos(angles[0]) - x[16] * sin(angles[0]))) < 1e-6)
        #expect(abs(y[16] - (x[16] * cos(angles[0]) + x[0] * sin(angles[0]))) < 1e-6)
        mk_rope(&y, 3, 32, angles.map(cos), angles.map(sin), -1)
        #expect(largestDifference(y, x.map(Double.init)) < 1e-6)
    }
}
