import Compute
import Kernels

/// A convolution that is one matrix product: 1x1, or any other over patches.
struct PointwiseConvolution: Sendable {
    /// `[outputs, inputs]`.
    let weight: Matrix
    /// `[outputs]`.
    let bias: [Float]

    /// `[positions, outputs]` of `[positions, inputs]`; `clip` applies ReLU6.
    func callAsFunction(_ input: Matrix, clip: Bool) -> Matrix {
        var output = Gemm.multiply(input, transposed: weight)
        mk_bias_relu6(&output.values, output.rows, output.columns, bias, clip ? 1 : 0)
        return output
    }
}

/// A depthwise convolution with "same" padding, followed by ReLU6.
struct DepthwiseConvolution: Sendable {
    /// `[kernel * kernel, channels]`.
    let weight: [Float]
    /// `[channels]`.
    let bias: [Float]
    let kernel: Int
    let stride: Int

    /// `[out * out, channels]` of a square map `[side * side, channels]`, out = ceil(side / stride).
    func callAsFunction(_ input: Matrix, side: Int) -> Matrix {
        let out = (side + stride - 1) / stride
        var output = Matrix(rows: out * out, columns: input.columns)
        mk_depthwise_relu6(input.values, side, side, input.columns, kernel, stride, weight, bias, &output.values)
        return output
    }
}

/// Reads convolutions out of a state dict and folds the batch norm behind each into weights and bias:
/// w' = w g / sqrt(v + e), b' = b - m g / sqrt(v + e).
struct ConvolutionReader {
    let stateDict: PyTorchStateDict
    let epsilon: Float

    /// A dense convolution; its patches run over the kernel's rows, columns and then channels.
    func dense(
        _ name: String, norm: String, inputs: Int, outputs: Int, kernel: Int = 1
    ) throws -> PointwiseConvolution {
        let stored = try tensor("\(name).weight", shape: [outputs, inputs, kernel, kernel])
        let (scale, bias) = try fold(norm, channels: outputs)
        let area = kernel * kernel
        var weight = Matrix(rows: outputs, columns: area * inputs)
        for output in 0..<outputs {
            for input in 0..<inputs {
                for position in 0..<area {
                    weight[output, position * inputs + input] =
                        stored[(output * inputs + input) * area + position] * scale[output]
                }
            }
        }
        return PointwiseConvolution(weight: weight, bias: bias)
    }

    /// A depthwise convolution.
    func depthwise(_ name: String, norm: String, channels: Int, kernel: Int, stride: Int) throws -> DepthwiseConvolution
    {
        let stored = try tensor("\(name).weight", shape: [channels, 1, kernel, kernel])
        let (scale, bias) = try fold(norm, channels: channels)
        let area = kernel * kernel
        var weight = [Float](repeating: 0, count: area * channels)
        for channel in 0..<channels {
            for position in 0..<area {
                weight[position * channels + channel] = stored[channel * area + position] * scale[channel]
            }
        }
        return DepthwiseConvolution(weight: weight, bias: bias, kernel: kernel, stride: stride)
    }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> Matrix {
        Matrix(rows: rows, columns: columns, values: try tensor(name, shape: [rows, columns]))
    }

    func vector(_ name: String, count: Int) throws -> [Float] { try tensor(name, shape: [count]) }

    private func fold(_ norm: String, channels: Int) throws -> (scale: [Float], bias: [Float]) {
        let weight = try vector("\(norm).weight", count: channels)
        let bias = try vector("\(norm).bias", count: channels)
        let mean = try vector("\(norm).running_mean", count: channels)
        let variance = try vector("\(norm).running_var", count: channels)
        let scale = zip(weight, variance).map { $0 / ($1 + epsilon).squareRoot() }
        try FiniteNumbers.check(scale, tensor: "\(norm).running_var", file: "the vision encoder")
        let shift = (0..<channels).map { bias[$0] - mean[$0] * scale[$0] }
        return (scale, shift)
    }

    private func tensor(_ name: String, shape: [Int]) throws -> [Float] {
        let stored = try stateDict.shape(name)
        guard stored == shape else {
            throw VLMError(
                .checkpointMalformed, "tensor \(name) has the shape \(stored), expected \(shape): another variant?")
        }
        return try stateDict.floats(name)
    }
}
