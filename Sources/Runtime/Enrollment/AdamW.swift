package import Compute
import Foundation

/// AdamW (Loshchilov and Hutter 2019) on one matrix, in Float32 with PyTorch's order of operations.
package struct AdamW: Sendable {
    package let learningRate: Float
    package let weightDecay: Float
    private let beta1: Float = 0.9
    private let beta2: Float = 0.999
    private let epsilon: Float = 1e-8
    private var mean: [Float]
    private var square: [Float]
    private var steps = 0

    package init(count: Int, learningRate: Float, weightDecay: Float) {
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        mean = [Float](repeating: 0, count: count)
        square = mean
    }

    /// One step along a gradient of the same shape.
    package mutating func update(_ parameters: inout Matrix, gradient: Matrix) {
        steps += 1
        let correction1 = 1 - pow(beta1, Float(steps))
        let correction2 = (1 - pow(beta2, Float(steps))).squareRoot()
        for i in parameters.values.indices {
            let g = gradient.values[i]
            mean[i] = beta1 * mean[i] + (1 - beta1) * g
            square[i] = beta2 * square[i] + (1 - beta2) * g * g
            let decayed = parameters.values[i] * (1 - learningRate * weightDecay)
            let denominator = square[i].squareRoot() / correction2 + epsilon
            parameters.values[i] = decayed - learningRate / correction1 * mean[i] / denominator
        }
    }

    /// The gradient scaled down to an L2 norm of at most `limit`; 0 or less leaves it alone.
    package static func clipped(_ gradient: Matrix, to limit: Float) -> Matrix {
        let norm = DotProduct.of(gradient.values, gradient.values).squareRoot()
        guard limit > 0, norm > limit else { return gradient }
        return Matrix(
            rows: gradient.rows, columns: gradient.columns, values: gradient.values.map { $0 * (limit / norm) })
    }
}
