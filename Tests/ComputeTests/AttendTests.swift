import Compute
import Foundation
import Kernels
import Testing

/// Attention between any rows, with its backward pass, against sums in double precision and finite differences.
@Suite(.timeLimit(.minutes(10))) struct AttendTests {
    /// One job over memory of its own: two stretches of keys, a bias, rows that see more and more.
    private struct Problem {
        let heads: Int
        let size: Int
        let rows: Int
        let first: Int
        let second: Int
        let visible: Int
        let scale: Float
        var queries: [Float]
        var keys: [Float]  // [first + second, heads * size]
        var values: [Float]
        var bias: [Float]  // [heads, rows, first + second]
        let weights: [Float]  // what the loss takes of the output
        var penalty: Float = 0
        var all: Int { first + second }
        var width: Int { heads * size }

        init(heads: Int, size: Int, rows: Int, first: Int, second: Int, visible: Int, scale: Float, seed: UInt64) {
            (self.heads, self.size, self.rows, self.first, self.second) = (heads, size, rows, first, second)
            (self.visible, self.scale) = (visible, scale)
            var numbers = TestNumbers(seed: seed)
            let (width, all) = (heads * size, first + second)
            queries = numbers.vector(rows * width)
            keys = numbers.vector(all * width)
            values = numbers.vector(all * width)
            bias = numbers.vector(heads * rows * all, scale: 2)
            weights = numbers.vector(rows * width)
        }

        struct Result {
            var out: [Float]
            var queryGradient: [Float]
            var keyGradient: [Float]
            var valueGradient: [Float]
            var penalty: Double
        }

        func run() -> Result {
            var result = Result(
                out: [Float](repeating: .nan, count: rows * width),
                queryGradient: [Float](repeating: .nan, count: rows * width),
                keyGradient: [Float](repeating: 0, count: all * width),
                valueGradient: [Float](repeating: 0, count: all * width), penalty: 0)
            var kept = [Float](repeating: .nan, count: heads * rows * all)
            func stretch(
                _ from: Int, _ count: Int, _ key: UnsafeMutablePointer<Float>, _ value: UnsafeMutablePointer<Float>
            )
                -> mk_keys
            {
                keys.withUnsafeBufferPointer { keys in
                    values.withUnsafeBufferPointer { values in
                        mk_keys(
                            keys: keys.baseAddress.map { $0 + from * width },
                            values: values.baseAddress.map { $0 + from * width }, count: count, stride: width,
                            head: size,
                            key_gradient: key + from * width, value_gradient: value + from * width,
                            gradient_stride: width, gradient_head: size)
                    }
                }
            }
            queries.withUnsafeBufferPointer { queries in
                bias.withUnsafeBufferPointer { bias in
                    weights.withUnsafeBufferPointer { weights in
                        kept.withUnsafeMutableBufferPointer { kept in
                            result.out.withUnsafeMutableBufferPointer { out in
                                result.queryGradient.withUnsafeMutableBufferPointer { query in
                                    result.keyGradient.withUnsafeMutableBufferPointer { key in
                                        result.valueGradient.withUnsafeMutableBufferPointer { value in
                                            var job = mk_attend_job()
                                            job.rows = rows
                                            job.queries = queries.baseAddress
                                            job.query_stride = width
                                            job.first = stretch(0, first, key.baseAddress!, value.baseAddress!)
                                            job.second = stretch(first, second, key.baseAddress!, value.baseAddress!)
                                            job.bias = bias.baseAddress
                                            job.bias_head = rows * all
                                            job.bias_row = all
                                            job.visible = visible
                                            job.probabilities = kept.baseAddress
                                            job.out = out.baseAddress
                                            job.out_stride = width
                                            job.out_gradient = weights.baseAddress
                                            job.query_gradient = query.baseAddress
                                            job.query_gradient_stride = width
                                            job.penalty = penalty
                                            mk_attend(&job, 1, heads, size, scale)
                                            result.penalty = mk_attend_backward(&job, 1, heads, size, scale)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            return result
        }

        /// The output and the loss `sum(weights * out) + penalty * sum(p^2 of the second stretch)` in double precision.
        func expected() -> (out: [Double], loss: Double, penalty: Double) {
            var out = [Double](repeating: 0, count: rows * width)
            var squares = 0.0
            for head in 0..<heads {
                for row in 0..<rows {
                    let seen = min(all, visible + row)
                    let scores = (0..<seen).map { key in
                        (0..<size).reduce(Double(bias[(head * rows + row) * all + key])) {
                            $0 + Double(scale) * Double(queries[row * width + head * size + $1])
                                * Double(keys[key * width + head * size + $1])
                        }
                    }
                    let top = scores.max() ?? 0
                    let total = scores.reduce(0) { $0 + exp($1 - top) }
                    for (key, score) in scores.enumerated() {
                        let share = exp(score - top) / total
                        if key >= first { squares += share * share }
                        for element in 0..<size {
                            out[row * width + head * size + element] +=
                                share * Double(values[key * width + head * size + element])
                        }
                    }
                }
            }
            let paid = Double(penalty) * squares
            return (out, zip(out, weights).reduce(paid) { $0 + $1.0 * Double($1.1) }, paid)
        }
    }

    /// Few rows take one way through the kernel, many another; the sizes are no multiples of a panel.
    private static let problems = [
        Problem(heads: 3, size: 16, rows: 2, first: 37, second: 3, visible: 40, scale: 0.25, seed: 1),
        Problem(heads: 2, size: 48, rows: 7, first: 33, second: 1, visible: 34, scale: 1, seed: 2),
        Problem(heads: 2, size: 32, rows: 9, first: 9, second: 0, visible: 1, scale: 0.2, seed: 3),
        Problem(heads: 1, size: 80, rows: 5, first: 64, second: 2, visible: 60, scale: 0.1, seed: 4),
    ]

    @Test(arguments: 0..<4) func outputsAreThoseOfDoublePrecision(_ index: Int) {
        var problem = Self.problems[index]
        problem.penalty = 0.5
        let (found, expected) = (problem.run(), problem.expected())
        #expect(largestDifference(found.out, expected.out) < 1e-5)
        #expect(abs(found.penalty - expected.penalty) < 1e-5)
    }

    @Test(arguments: 0..<4) func gradientsAreFiniteDifferences(_ index: Int) {
        var problem = Self.problems[index]
        problem.penalty = 3
        let found = problem.run()
        var numbers = TestNumbers(seed: 9)
        let step: Float = 1e-2
        for _ in 0..<12 {
            for (path, gradient) in [
                (\Problem.queries, found.queryGradient), (\.keys, found.keyGradient), (\.values, found.valueGradient),
            ] {
                let place = numbers.below(gradient.count)
                var (up, down) = (problem, problem)
                up[keyPath: path][place] += step
                down[keyPath: path][place] -= step
                let slope = (up.expected().loss - down.expected().loss) / Double(2 * step)
                #expect(abs(Double(gradient[place]) - slope) < 2e-3, "\(path) at \(place)")
            }
        }
    }

    @Test func layerNormBackwardIsAFiniteDifference() {
        var numbers = TestNumbers(seed: 5)
        let (rows, n) = (3, 37)
        let (x, weight, bias, dy) = (
            numbers.vector(rows * n), numbers.vector(n), numbers.vector(n), numbers.vector(rows * n)
        )
        var gradient = [Float](repeating: 1, count: rows * n)
        mk_layer_norm_backward(x, weight, 1e-6, dy, rows, n, &gradient)
        func loss(_ x: [Float]) -> Double {
            var y = [Float](repeating: 0, count: rows * n)
            mk_layer_norm(x, weight, bias, 1e-6, rows, n, &y)
            return zip(y, dy).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        for place in stride(from: 0, to: rows * n, by: 7) {
            var (up, down) = (x, x)
            up[place] += 1e-2
            down[place] -= 1e-2
            // The derivative joins what is there.
            #expect(abs(Double(gradient[place] - 1) - (loss(up) - loss(down)) / 2e-2) < 1e-3)
        }
    }

    @Test(arguments: [MK_ACTIVATION_GELU, MK_ACTIVATION_GELU_TANH, MK_ACTIVATION_QUICK_GELU, MK_ACTIVATION_SILU])
    func activationsHaveTheirDerivatives(_ activation: Int) {
        let x = (-60...60).map { Float($0) / 10 + 0.01 }
        let u = x.map { $0 * 0.5 - 1 }
        func values(_ x: [Float], gated: Bool) -> [Float] {
            var y = [Float](repeating: 0, count: x.count / (gated ? 2 : 1))
            mk_activate(x, Int32(activation), gated ? 1 : 0, 1, y.count, &y)
            return y
        }
        var plain = [Float](repeating: 0, count: x.count)
        let ones = [Float](repeating: 1, count: x.count)
        mk_activate_backward(x, ones, Int32(activation), 0, 1, x.count, &plain)
        var gated = [Float](repeating: 0, count: 2 * x.count)
        mk_activate_backward(x + u, ones, Int32(activation), 1, 1, x.count, &gated)
        let step: Float = 1e-2
        let (up, down) = (values(x.map { $0 + step }, gated: false), values(x.map { $0 - step }, gated: false))
        let here = values(x, gated: false)
        for index in x.indices {
            let slope = (up[index] - down[index]) / (2 * step)
            #expect(abs(plain[index] - slope) < 1e-3)
            #expect(abs(gated[index] - slope * u[index]) < 4e-3)
            #expect(abs(gated[x.count + index] - here[index]) < 1e-6)
            #expect(abs(values(x + u, gated: true)[index] - here[index] * u[index]) < 1e-5)
        }
        if activation == MK_ACTIVATION_GELU {
            for (x, y) in zip(x, here) {
                #expect(abs(Double(y) - Double(x) * 0.5 * (1 + erf(Double(x) / 2.0.squareRoot()))) < 1e-6)
            }
        }
    }
}
