import Compute
import Kernels
import PropertyTestSupport
import Testing

/// Products of every storage on every instruction set. The choice of the set holds for the calling thread only.
@Suite(.timeLimit(.minutes(10))) struct StorageTests {
    private static let shapes: [(m: Int, n: Int, k: Int)] = [
        (1, 1, 1), (1, 32, 32), (2, 33, 5), (3, 31, 7), (5, 64, 32), (6, 17, 33), (7, 96, 40), (11, 40, 1),
        (12, 48, 64), (13, 65, 31), (25, 32, 100), (64, 20, 47), (241, 35, 19), (1, 100, 2100), (3, 2100, 37),
        (4, 33, 4500),
    ]

    /// What a product multiplies: x as the storage rounds it.
    private func rounded(_ x: [Float], rows: Int, for storage: Weight.Storage) -> [Double] {
        switch storage {
        case .float32, .float16: x.map(Double.init)
        case .bfloat16: x.map { Double(bfloat16($0)) }
        case .int8, .symmetric4, .affine4: inBlocks(x, rows: rows)
        }
    }

    private func bfloat16(_ value: Float) -> Float {
        let bits = value.bitPattern
        return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// Blocks of 32 rounded to 8 bits by their largest number.
    private func inBlocks(_ x: [Float], rows: Int) -> [Double] {
        let width = x.count / rows
        var result: [Double] = []
        for row in 0..<rows {
            for start in stride(from: 0, to: width, by: 32) {
                let block = x[(row * width + start)..<(row * width + min(start + 32, width))]
                let largest = block.map(abs).max() ?? 0
                let inverse = 127 / largest
                result += block.map { Double(largest / 127) * Double(($0 * inverse).rounded(.toNearestOrEven)) }
            }
        }
        return result
    }

    private func exact(_ x: [Double], _ w: [Float], m: Int, n: Int, k: Int) -> [Double] {
        var y = [Double](repeating: 0, count: m * n)
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for e in 0..<k { sum += x[i * k + e] * Double(w[j * k + e]) }
                y[i * n + j] = sum
            }
        }
        return y
    }

    @Test(arguments: instructionSets)
    func productsMatchDoublePrecision(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        for storage in Weight.Storage.allCases {
            for (index, shape) in Self.shapes.enumerated() {
                let (m, n, k) = shape
                var numbers = TestNumbers(seed: UInt64(index))
                let x = numbers.vector(m * k)
                let dy = numbers.vector(m * n)
                let start = numbers.vector(m * n)
                let weight = Weight(outputs: n, inputs: k, values: numbers.vector(n * k), storage: storage)
                let kept = (0..<n).flatMap { weight.row($0) }
                let tolerance = 1e-6 * Double(max(k, n)) + 1e-5
                let expected = exact(rounded(x, rows: m, for: storage), kept, m: m, n: n, k: k)
                let y = weight.multiply(Matrix(rows: m, columns: k, values: x)).values
                #expect(largestDifference(y, expected) < tolerance, "\(storage) \(shape)")
                var added = start
                weight.multiply(x, rows: m, into: &added, accumulate: true)
                let sum = zip(expected, start).map { $0 + Double($1) }
                #expect(largestDifference(added, sum) < tolerance, "\(storage) \(shape) accumulated")
                // Backwards only bf16 rounds.
                let turned = transposed(kept, rows: n, columns: k)
                let derivative = rounded(dy, rows: m, for: storage == .bfloat16 ? .bfloat16 : .float32)
                let back = exact(derivative, turned, m: m, n: k, k: n)
                var dx = [Float](repeating: .nan, count: m * k)
                weight.multiplyTransposed(dy, rows: m, into: &dx)
                #expect(largestDifference(dx, back) < tolerance, "\(storage) \(shape) transposed")
            }
        }
    }

    @Test(arguments: instructionSets)
    func instructionSetsAgreeWithThePortableTwin(isa: Int32) {
        defer { mk_select_isa(mk_best_isa()) }
        for storage in Weight.Storage.allCases {
            for (index, shape) in Self.shapes.enumerated() {
                let (m, n, k) = shape
                var numbers = TestNumbers(seed: UInt64(index) + 100)
                let weight = Weight(outputs: n, inputs: k, values: numbers.vector(n * k), storage: storage)
                let x = Matrix(rows: m, columns: k, values: numbers.vector(m * k))
                mk_select_isa(Int32(MK_PORTABLE))
                let expected = weight.multiply(x).values.map(Double.init)
                mk_select_isa(isa)
                #expect(largestDifference(weight.multiply(x).values, expected) < 1e-5 * Double(k).squareRoot() + 1e-6)
            }
        }
    }

    @Test(arguments: instructionSets)
    func rowsDoNotDependOnTheirNeighbours(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        for storage in Weight.Storage.allCases {
            var numbers = TestNumbers(seed: 7)
            let (n, k) = (75, 131)
            let weight = Weight(outputs: n, inputs: k, values: numbers.vector(n * k), storage: storage)
            let x = numbers.vector(260 * k)
            let all = weight.multiply(Matrix(rows: 260, columns: k, values: x)).values
            for rows in Array(1...26) + [100, 259] {
                let some = weight.multiply(Matrix(rows: rows, columns: k, values: Array(x[..<(rows * k)]))).values
                #expect(some == Array(all[..<(rows * n)]), "\(storage), \(rows) rows")
            }
        }
    }

    /// What is kept is near what was given: half a step of the grid, at 4 bits somewhat more, since the squared error decides.
    @Test func storagesKeepWhatTheyCan() {
        var numbers = TestNumbers(seed: 3)
        let values = numbers.vector(40 * 70)
        let bounds: [Weight.Storage: Double] = [
            .float32: 0, .bfloat16: 1.0 / 256, .float16: 1.0 / 2048, .int8: 1.0 / 240, .symmetric4: 1.0 / 7,
            .affine4: 1.0 / 8,
        ]
        for storage in Weight.Storage.allCases {
            let weight = Weight(outputs: 40, inputs: 70, values: values, storage: storage)
            let kept = (0..<40).flatMap { weight.row($0) }
            #expect(largestDifference(kept, values.map(Double.init)) <= bounds[storage] ?? 0, "\(storage)")
        }
        #expect(Weight.Storage(name: "int8") == .int8 && Weight.Storage(name: "q4") == .affine4)
        #expect(Weight.Storage(name: "f64") == nil)
    }

    @Test func streamedWeightsEqualThoseGivenAtOnce() throws {
        struct Broken: Error {}
        var numbers = TestNumbers(seed: 5)
        let (n, k) = (200, 50)
        let values = numbers.vector(n * k)
        for storage in Weight.Storage.allCases {
            let whole = Weight(outputs: n, inputs: k, values: values, storage: storage)
            let streamed = try Weight(outputs: n, inputs: k, storage: storage) { rows, to in
                for (index, row) in rows.enumerated() {
                    for e in 0..<k { to[index * k + e] = values[row * k + e] }
                }
            }
            for row in 0..<n { #expect(streamed.row(row) == whole.row(row)) }
            #expect(streamed.bytes == whole.bytes)
        }
        #expect(throws: Broken.self) {
            _ = try Weight(outputs: n, inputs: k, storage: .int8) { rows, _ in
                if rows.contains(130) { throw Broken() }
            }
        }
    }

    /// A file's blocks are kept bit for bit, in whatever order its rows are taken.
    @Test func blocksOfAFileAreKeptAsTheyAre() {
        let (n, k) = (37, 96)
        var generator = Seeded(1)
        for storage in Weight.Storage.allCases where storage.isQuantized {
            let header = storage == .affine4 ? 4 : 2
            let size = header + (storage == .int8 ? 32 : 16)
            var bytes: [UInt8] = []
            var expected: [[Float]] = []
            for _ in 0..<n {
                var row: [Float] = []
                for _ in 0..<k / 32 {
                    let scale = Float16(Float.random(in: 0.001...2, using: &generator))
                    let minimum = Float16(Float.random(in: -3...1, using: &generator))
                    let block = (0..<size - header).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    withUnsafeBytes(of: scale.bitPattern.littleEndian) { bytes += $0 }
                    if storage == .affine4 { withUnsafeBytes(of: minimum.bitPattern.littleEndian) { bytes += $0 } }
                    bytes += block
                    let levels =
                        storage == .int8
                        ? block.map { Float(Int8(bitPattern: $0)) }
                        : block.map { Float($0 & 15) } + block.map { Float($0 >> 4) }
                    row += levels.map { level in
                        switch storage {
                        case .symmetric4: Float(scale) * (level - 8)
                        case .affine4: Float(scale) * level + Float(minimum)
                        default: Float(scale) * level
                        }
                    }
                }
                expected.append(row)
            }
            let weight = bytes.withUnsafeBytes {
                Weight(outputs: n, inputs: k, storage: storage, blocks: $0) { n - 1 - $0 }
            }
            for row in 0..<n {
                let difference = zip(weight.row(n - 1 - row), expected[row]).map { abs($0 - $1) }.max() ?? 1
                #expect(difference < 1e-6, "\(storage)")
            }
        }
    }
}
