import Kernels
import Testing

/// Convolutions of every instruction set against sums in double precision.
@Suite(.timeLimit(.minutes(10))) struct ConvolutionTests {
    @Test(arguments: instructionSets) func depthwiseConvolutionsPadAsTensorFlowDoes(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        // Channels that are and are not a multiple of sixteen; maps smaller than the kernel.
        let cases: [(height: Int, width: Int, channels: Int, kernel: Int, stride: Int)] = [
            (7, 9, 16, 3, 1), (8, 8, 40, 5, 2), (5, 6, 7, 3, 2), (2, 3, 33, 5, 1), (1, 1, 16, 3, 1),
        ]
        for (index, c) in cases.enumerated() {
            var numbers = TestNumbers(seed: UInt64(index))
            let x = numbers.vector(c.height * c.width * c.channels, scale: 3)
            let weight = numbers.vector(c.kernel * c.kernel * c.channels)
            let bias = numbers.vector(c.channels, scale: 2)
            let (rows, columns) = ((c.height + c.stride - 1) / c.stride, (c.width + c.stride - 1) / c.stride)
            var y = [Float](repeating: .nan, count: rows * columns * c.channels)
            mk_depthwise_relu6(x, c.height, c.width, c.channels, c.kernel, c.stride, weight, bias, &y)
            let top = max(0, (rows - 1) * c.stride + c.kernel - c.height) / 2
            let left = max(0, (columns - 1) * c.stride + c.kernel - c.width) / 2
            var expected: [Double] = []
            for (row, column) in (0..<rows * columns).map({ ($0 / columns, $0 % columns) }) {
                for channel in 0..<c.channels {
                    var sum = Double(bias[channel])
                    for tap in 0..<c.kernel * c.kernel {
                        let (y, x1) = (
                            row * c.stride + tap / c.kernel - top, column * c.stride + tap % c.kernel - left
                        )
                        guard 0..<c.height ~= y, 0..<c.width ~= x1 else { continue }
                        sum +=
                            Double(x[(y * c.width + x1) * c.channels + channel])
                            * Double(weight[tap * c.channels + channel])
                    }
                    expected.append(min(max(sum, 0), 6))
                }
            }
            #expect(largestDifference(y, expected) < 1e-5, "\(c)")
        }
    }

    @Test(arguments: instructionSets) func biasesAreAddedAndClipped(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        var numbers = TestNumbers(seed: 2)
        let (rows, n) = (3, 21)
        let (x, bias) = (numbers.vector(rows * n, scale: 8), numbers.vector(n))
        let sums = x.indices.map { Double(x[$0]) + Double(bias[$0 % n]) }
        for clip in [false, true] {
            var y = x
            mk_bias_relu6(&y, rows, n, bias, clip ? 1 : 0)
            #expect(largestDifference(y, clip ? sums.map { min(max($0, 0), 6) } : sums) < 1e-6)
        }
    }
}
