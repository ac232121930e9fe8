import Compute
import Foundation
import Kernels
import Testing

/// Causal attention behind a prefix, against double precision and against itself cut differently.
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
            let (shape, start, size) = (shape, tailStart + range.lowerBound, size)
            let (prefix, seen, tail) = (prefix, tailStart + range.upperBound, tail)
            func stretch(_ keys: UnsafePointer<Float>?, _ values: UnsafePointer<Float>?, _ count: Int, _ all: Int)
                -> mk_keys
            {
                var stretch = mk_keys()
                (stretch.keys, stretch.values) = (keys, values)
                (stretch.count, stretch.stride, stretch.head) = (count, size, all * size)
                return stretch
            }
            tailKeys.withUnsafeBufferPointer { keys in
                tailValues.withUnsafeBufferPointer { values in
                    prefixKeys.withUnsafeBufferPointer { prefixKeys in
                        prefixValues.withUnsafeBufferPointer { prefixValues in
                            rows.withUnsafeBufferPointer { rows in
                                out.withUnsafeMutableBufferPointer { out in
                                    var job = mk_attention_job()
                                    job.rows = range.count
                                    (job.queries, job.query_stride) = (rows.baseAddress, width)
                                    job.first = stretch(
                                        prefixKeys.baseAddress, prefixValues.baseAddress, prefix, prefix)
                                    job.second = stretch(keys.baseAddress, values.baseAddress, seen, tail)
                                    job.visible = prefix + start + 1
                                    (job.out, job.out_stride) = (out.baseAddress, shape.query_heads * size)
                                    mk_attention(shape, 1 / Float(size).squareRoot(), &job, 1)
                                }
                            }
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
            (4, 2, 80, 0, 31, 33), (2, 2, 88, 3, 0, 50), (2, 1, 12, 1, 0, 5), (2, 2, 128, 32, 32, 100),
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

    /// New rows are turned by their positions, their gradients back, and kept where the sequence keeps them.
    @Test(arguments: instructionSets)
    func newRowsAreTurnedAndKept(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        let shape = mk_attention_shape(query_heads: 4, key_heads: 2, size: 16)
        let (width, half, capacity, past) = (8 * 16, 8, 7, 2)
        var numbers = TestNumbers(seed: 3)
        let given = numbers.vector(5 * width)
        let cosine = numbers.vector(9 * half)
        let sine = numbers.vector(9 * half)
        var (rows, keys) = (given, [Float](repeating: 0, count: 2 * capacity * 16))
        var values = keys
        rows.withUnsafeMutableBufferPointer { rows in
            keys.withUnsafeMutableBufferPointer { keys in
                values.withUnsafeMutableBufferPointer { values in
                    var sequences = [mk_new_rows(), mk_new_rows()]
                    (sequences[0].rows, sequences[0].count, sequences[0].position) = (rows.baseAddress, 2, 1)
                    sequences[1].rows = rows.baseAddress.map { $0 + 2 * width }
                    (sequences[1].count, sequences[1].position) = (3, 6)
                    sequences[1].keys = keys.baseAddress.map { $0 + past * 16 }
                    sequences[1].values = values.baseAddress.map { $0 + past * 16 }
                    (sequences[1].stride, sequences[1].head) = (16, capacity * 16)
                    mk_place_rows(shape, sequences, 2, cosine, sine, 1)
                }
            }
        }
        for (row, position) in [1, 2, 6, 7, 8].enumerated() {
            for head in 0..<8 {
                for e in 0..<half {
                    let at = row * width + head * 16 + e
                    let (c, s) = (cosine[position * half + e], sine[position * half + e])
                    let turned = head < 6 ? given[at] * c - given[at + half] * s : given[at]
                    #expect(abs(rows[at] - turned) < 1e-6, "row \(row), head \(head)")
                    if row >= 2, head >= 4 {
                        let kept = ((head % 2) * capacity + past + row - 2) * 16 + e
                        #expect((head < 6 ? keys : values)[kept] == rows[at])
                    }
                }
            }
        }
        var back = rows
        back.withUnsafeMutableBufferPointer { back in
            var sequence = mk_new_rows()
            (sequence.rows, sequence.count, sequence.position) = (back.baseAddress, 2, 1)
            mk_place_rows(shape, &sequence, 1, cosine, sine, -1)
        }
        for e in 0..<half {
            let (c, s) = (cosine[half + e], sine[half + e])
            #expect(abs(back[e] - given[e] * (c * c + s * s)) < 1e-5)
        }
        #expect(back[6 * 16] == given[6 * 16], "values are not turned")
    }
}
