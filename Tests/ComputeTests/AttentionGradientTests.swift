import Compute
import Foundation
import Kernels
import Testing

/// Attention between any rows, with its backward pass, against sums in double precision and finite differences.
@Suite(.timeLimit(.minutes(10))) struct AttentionGradientTests {
    /// One job over memory of its own: two stretches of keys, a bias, rows that see more and more.
    private struct Problem {
        let heads: Int
        /// Query heads that share a key head.
        let group: Int
        let size: Int
        let rows: Int
        let first: Int
        let second: Int
        let visible: Int
        let scale: Float
        var queries: [Float]
        var keys: [Float]  // [first + second, heads / group * size]
        var values: [Float]
        var bias: [Float]  // [heads, rows, first + second]
        let weights: [Float]  // what the loss takes of the output
        var penalty = mk_attention_penalty()
        var all: Int { first + second }
        var width: Int { heads * size }
        var keyWidth: Int { heads / group * size }

        init(
            heads: Int, group: Int = 1, size: Int, rows: Int, first: Int, second: Int, visible: Int, scale: Float,
            seed: UInt64
        ) {
            (self.heads, self.group, self.size, self.rows) = (heads, group, size, rows)
            (self.first, self.second) = (first, second)
            (self.visible, self.scale) = (visible, scale)
            var numbers = TestNumbers(seed: seed)
            let (width, all) = (heads * size, first + second)
            queries = numbers.vector(rows * width)
            keys = numbers.vector(all * width / group)
            values = numbers.vector(all * width / group)
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
                keyGradient: [Float](repeating: 0, count: all * keyWidth),
                valueGradient: [Float](repeating: 0, count: all * keyWidth), penalty: 0)
            var kept = [Float](repeating: .nan, count: heads * rows * all)
            func stretch(
                _ from: Int, _ count: Int, _ key: UnsafeMutablePointer<Float>, _ value: UnsafeMutablePointer<Float>
            )
                -> mk_keys
            {
                keys.withUnsafeBufferPointer { keys in
                    values.withUnsafeBufferPointer { values in
                        mk_keys(
                            keys: keys.baseAddress.map { $0 + from * keyWidth },
                            values: values.baseAddress.map { $0 + from * keyWidth }, count: count, stride: keyWidth,
                            head: size,
                            key_gradient: key + from * keyWidth, value_gradient: value + from * keyWidth,
                            gradient_stride: keyWidth, gradient_head: size)
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
                                            var job = mk_attention_job()
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
                                            let shape = mk_attention_shape(
                                                query_heads: heads, key_heads: heads / group, size: size)
                                            mk_attention(shape, scale, &job, 1)
                                            mk_attention_backward(shape, scale, &job, 1, &result.penalty)
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

        private func isPenalised(_ row: Int, _ key: Int) -> Bool {
            switch Int(penalty.of) {
            case Int(MK_PENALTY_OF_ROWS): row < penalty.marked
            case Int(MK_PENALTY_OF_LATER_ROWS): key >= first && key - first < min(row, penalty.marked)
            default: key >= first && key - first < penalty.marked
            }
        }

        /// The output and the loss `sum(weights * out) + weight * sum(p^2 that the penalty marks)` in double precision.
        func expected() -> (out: [Double], loss: Double, penalty: Double) {
            var out = [Double](repeating: 0, count: rows * width)
            var squares = 0.0
            for head in 0..<heads {
                for row in 0..<rows {
                    let seen = min(all, visible + row)
                    let scores = (0..<seen).map { key in
                        (0..<size).reduce(Double(bias[(head * rows + row) * all + key])) {
                            $0 + Double(scale) * Double(queries[row * width + head * size + $1])
                                * Double(keys[key * keyWidth + head / group * size + $1])
                        }
                    }
                    let top = scores.max() ?? 0
                    let total = scores.reduce(0) { $0 + exp($1 - top) }
                    for (key, score) in scores.enumerated() {
                        let share = exp(score - top) / total
                        if isPenalised(row, key) { squares += share * share }
                        for element in 0..<size {
                            out[row * width + head * size + element] +=
                                share * Double(values[key * keyWidth + head / group * size + element])
                        }
                    }
                }
            }
            let paid = penalty.weight * squares
            return (out, zip(out, weights).reduce(paid) { $0 + $1.0 * Double($1.1) }, paid)
        }
    }

    /// Sizes are and are not multiples of a panel; heads share keys or do not; more rows than a task takes.
    private static let problems = [
        Problem(heads: 3, size: 16, rows: 2, first: 37, second: 3, visible: 40, scale: 0.25, seed: 1),
        Problem(heads: 2, size: 48, rows: 7, first: 33, second: 1, visible: 34, scale: 1, seed: 2),
        Problem(heads: 2, size: 32, rows: 9, first: 9, second: 0, visible: 1, scale: 0.2, seed: 3),
        Problem(heads: 1, size: 80, rows: 5, first: 64, second: 2, visible: 60, scale: 0.1, seed: 4),
        Problem(heads: 6, group: 3, size: 16, rows: 53, first: 5, second: 53, visible: 6, scale: 0.25, seed: 5),
        Problem(heads: 2, group: 2, size: 12, rows: 4, first: 0, second: 4, visible: 1, scale: 0.3, seed: 6),
    ]

    private static let penalties = [MK_PENALTY_OF_ROWS, MK_PENALTY_OF_LATER_ROWS, MK_PENALTY_OF_ALL_ROWS]

    @Test(arguments: 0..<6) func outputsAreThoseOfDoublePrecision(_ index: Int) {
        var problem = Self.problems[index]
        for of in Self.penalties {
            problem.penalty = mk_attention_penalty(weight: 0.5, of: Int32(of), marked: 2)
            let (found, expected) = (problem.run(), problem.expected())
            #expect(largestDifference(found.out, expected.out) < 1e-5)
            #expect(abs(found.penalty - expected.penalty) < 1e-5, "\(of)")
        }
    }

    @Test(arguments: 0..<6, penalties) func gradientsAreFiniteDifferences(_ index: Int, of: Int) {
        var problem = Self.problems[index]
        problem.penalty = mk_attention_penalty(weight: 3, of: Int32(of), marked: 2)
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
}
