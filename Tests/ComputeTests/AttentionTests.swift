import Compute
import Foundation
import Kernels
import Testing

/// Attention without keeping probabilities, against double precision and against itself cut differently.
@Suite(.timeLimit(.minutes(10))) struct AttentionTests {
    /// Keys and values of a prefix and a tail, queries of the last `count` positions.
    private struct Problem {
        let shape: mk_attention_shape
        let prefix, tailStart, count: Int
        var qkv: [Float] = []  // [count][query heads + 2 key heads][size]
        var prefixKeys: [Float] = []  // [key heads][prefix][size]
        var prefixValues: [Float] = []
        var tailKeys: [Float] = []  // [key heads][tail][size]
        var tailValues: [Float] = []
        var tail: Int { tailStart + count }
        var size: Int { shape.size }

        init(heads: Int, keyHeads: Int, size: Int, prefix: Int, tailStart: Int, count: Int, seed: UInt64) {
            shape = mk_attention_shape(query_heads: heads, key_heads: keyHeads, size: size)
            self.prefix = prefix
            self.tailStart = tailStart
            self.count = count
            var numbers = TestNumbers(seed: seed)
            qkv = numbers.vector(count * (heads + 2 * keyHeads) * size, scale: 2)
            prefixKeys = numbers.vector(keyHeads * prefix * size)
            prefixValues = numbers.vector(keyHeads * prefix * size)
            tailKeys = numbers.vector(keyHeads * tail * size)
            tailValues = numbers.vector(keyHeads * tail * size)
        }

        /// Rows `range` of the result, `[range.count, heads * size]`.
        mutating func attend(_ range: Range<Int>) -> [Float] {
            let width = (shape.query_heads + 2 * shape.key_heads) * size
            var out = [Float](repeating: .nan, count: range.count * shape.query_heads * size)
            let rows = Array(qkv[(range.lowerBound * width)..<(range.upperBound * width)])
            let (shape, prefix, start, tail, size) = (shape, prefix, tailStart + range.lowerBound, tail, size)
            tailKeys.withUnsafeMutableBufferPointer { keys in
                tailValues.withUnsafeMutableBufferPointer { values in
                    prefixKeys.withUnsafeBufferPointer { prefixKeys in
                        prefixValues.withUnsafeBufferPointer { prefixValues in
                            var sequence = mk_sequence(
                                row: 0, count: range.count, prefix: prefix, prefix_keys: prefixKeys.baseAddress,
                                prefix_values: prefixValues.baseAddress, prefix_block: 0,
                                tail_keys: keys.baseAddress, tail_values: values.baseAddress, tail_block: 0,
                                tail_head: tail * size, tail_row: size, tail_start: start, probabilities: nil)
                            mk_attention(shape, 0, &sequence, 1, rows, &out)
                        }
                    }
                }
            }
            return out
        }

        func expected() -> [Double] {
            let width = (shape.query_heads + 2 * shape.key_heads) * size
            let group = shape.query_heads / shape.key_heads
            var result: [Double] = []
            for row in 0..<count {
                for head in 0..<shape.query_heads {
                    let keyHead = head / group
                    let seen = prefix + tailStart + row + 1
                    func at(_ prefixed: [Float], _ tailed: [Float], _ key: Int, _ e: Int) -> Double {
                        key < prefix
                            ? Double(prefixed[(keyHead * prefix + key) * size + e])
                            : Double(tailed[(keyHead * tail + key - prefix) * size + e])
                    }
                    let scores = (0..<seen).map { key in
                        (0..<size).reduce(0.0) {
                            $0 + Double(qkv[row * width + head * size + $1]) * at(prefixKeys, tailKeys, key, $1)
                        } / Double(size).squareRoot()
                    }
                    let top = scores.max() ?? 0
                    let weights = scores.map { exp($0 - top) }
                    let sum = weights.reduce(0, +)
                    for e in 0..<size {
                        result.append(
                            (0..<seen).reduce(0.0) { $0 + weights[$1] / sum * at(prefixValues, tailValues, $1, e) })
                    }
                }
            }
            return result
        }
    }

    @Test(arguments: instructionSets)
    func matchesDoublePrecisionHoweverItIsCut(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        let cases: [(heads: Int, keyHeads: Int, size: Int, prefix: Int, tailStart: Int, count: Int)] = [
            (1, 1, 16, 0, 0, 1), (2, 1, 32, 5, 0, 7), (3, 3, 48, 33, 3, 2), (9, 3, 64, 70, 0, 49),
            (4, 2, 80, 0, 31, 33),
            (2, 2, 128, 32, 32, 100),
        ]
        for (index, c) in cases.enumerated() {
            var problem = Problem(
                heads: c.heads, keyHeads: c.keyHeads, size: c.size, prefix: c.prefix, tailStart: c.tailStart,
                count: c.count, seed: UInt64(index))
            let all = problem.attend(0..<c.count)
            #expect(largestDifference(all, problem.expected()) < 1e-5, "\(c)")
            let width = c.heads * c.size
            for row in [0, c.count / 2, c.count - 1] {
                #expect(problem.attend(row..<row + 1) == Array(all[(row * width)..<((row + 1) * width)]), "\(c) \(row)")
            }
            if c.count > 3 {
                #expect(problem.attend(2..<c.count) == Array(all[(2 * width)...]), "\(c)")
            }
        }
    }
}
