import Compute
import Foundation
import Kernels
import Testing

/// Layer norms and activations of every instruction set, with their derivatives.
@Suite(.timeLimit(.minutes(10))) struct ActivationTests {
    private static let activations = [
        MK_ACTIVATION_NONE, MK_ACTIVATION_GELU, MK_ACTIVATION_GELU_TANH, MK_ACTIVATION_QUICK_GELU, MK_ACTIVATION_RELU,
        MK_ACTIVATION_SILU,
    ].map { Int32($0) }

    /// In double precision, as papers define them.
    private static func exact(_ activation: Int32, _ x: Double) -> Double {
        switch Int(activation) {
        case Int(MK_ACTIVATION_GELU): x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
        case Int(MK_ACTIVATION_GELU_TANH):
            0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case Int(MK_ACTIVATION_QUICK_GELU): x / (1 + exp(-1.702 * x))
        case Int(MK_ACTIVATION_RELU): max(x, 0)
        case Int(MK_ACTIVATION_SILU): x / (1 + exp(-x))
        default: x
        }
    }

    @Test(arguments: instructionSets) func activationsAndTheirDerivatives(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        // No multiple of sixteen, and nothing exactly 0, where ReLU has no derivative.
        let x = (-60...60).map { Float($0) / 10 + 0.01 }
        let u = x.map { $0 * 0.5 - 1 }
        let bias = x.map { $0 * -0.25 }
        let n = x.count
        for activation in Self.activations {
            let values = x.map { Self.exact(activation, Double($0)) }
            let step = 1e-4
            let slopes = x.map {
                (Self.exact(activation, Double($0) + step) - Self.exact(activation, Double($0) - step)) / (2 * step)
            }
            var y = [Float](repeating: .nan, count: n)
            mk_activate(x, activation, 0, 1, n, &y)
            #expect(largestDifference(y, values) < 2e-6, "\(activation)")
            mk_activate(x + u, activation, 1, 1, n, &y)
            #expect(largestDifference(y, zip(values, u).map { $0 * Double($1) }) < 1e-5, "\(activation)")
            y = x
            mk_bias_activation(&y, bias, activation, 1, n)
            let biased = zip(x, bias).map { Self.exact(activation, Double($0 + $1)) }
            #expect(largestDifference(y, biased) < 2e-6, "\(activation)")

            let dy = bias
            var plain = [Float](repeating: .nan, count: n)
            mk_activate_backward(x, dy, activation, 0, 1, n, &plain)
            #expect(largestDifference(plain, zip(slopes, dy).map { $0 * Double($1) }) < 1e-5, "\(activation)")
            var gated = [Float](repeating: .nan, count: 2 * n)
            mk_activate_backward(x + u, dy, activation, 1, 1, n, &gated)
            let expected: [Double] =
                (0..<n).map { (i: Int) -> Double in slopes[i] * Double(dy[i]) * Double(u[i]) }
                + (0..<n).map { (i: Int) -> Double in values[i] * Double(dy[i]) }
            #expect(largestDifference(gated, expected) < 2e-5, "\(activation)")
        }
    }

    @Test(arguments: instructionSets) func layerNormsAndTheirDerivatives(isa: Int32) {
        mk_select_isa(isa)
        defer { mk_select_isa(mk_best_isa()) }
        var numbers = TestNumbers(seed: 5)
        for (rows, n) in [(3, 37), (2, 16), (1, 5)] {
            let (x, weight, bias, dy) = (
                numbers.vector(rows * n), numbers.vector(n), numbers.vector(n), numbers.vector(rows * n)
            )
            func exact(_ x: [Float]) -> [Double] {
                (0..<rows).flatMap { row in
                    let values = x[row * n..<(row + 1) * n].map(Double.init)
                    let mean = values.reduce(0, +) / Double(n)
                    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
                    return (0..<n).map {
                        (values[$0] - mean) / (variance + 1e-6).squareRoot() * Double(weight[$0]) + Double(bias[$0])
                    }
                }
            }
            var y = [Float](repeating: .nan, count: rows * n)
            mk_layer_norm(x, weight, bias, 1e-6, rows, n, &y)
            #expect(largestDifference(y, exact(x)) < 5e-6)
            y = x
            y.withUnsafeMutableBufferPointer {
                mk_layer_norm($0.baseAddress, weight, bias, 1e-6, rows, n, $0.baseAddress)
            }
            #expect(largestDifference(y, exact(x)) < 5e-6, "in place")

            // The derivative joins what is there.
            var gradient = [Float](repeating: 1, count: rows * n)
            mk_layer_norm_backward(x, weight, 1e-6, dy, rows, n, &gradient)
            let expected = slope(x, step: 1e-3) { x in zip(exact(x), dy).reduce(0) { $0 + $1.0 * Double($1.1) } }
            #expect(largestDifference(gradient, expected.map { $0 + 1 }) < 1e-3)
        }
    }
}
