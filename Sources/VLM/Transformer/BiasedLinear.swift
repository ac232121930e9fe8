package import Compute
internal import Kernels

/// A linear map with a bias, and what may follow it.
package struct BiasedLinear: Sendable {
    /// Element-wise functions behind a linear map.
    package enum Activation: Sendable {
        case none, gelu, geluTanh, quickGELU, relu, silu

        /// By the name configurations use; throws `unsupported`.
        package init(named name: String) throws {
            switch name {
            case "gelu": self = .gelu
            case "gelu_pytorch_tanh", "gelu_new", "gelu_fast": self = .geluTanh
            case "quick_gelu": self = .quickGELU
            case "relu": self = .relu
            case "silu", "swish": self = .silu
            default:
                throw VLMError(
                    .unsupported,
                    "the activation \(name) is not supported; gelu, gelu_pytorch_tanh, quick_gelu, relu and silu are")
            }
        }

        var code: Int32 {
            switch self {
            case .none: Int32(MK_ACTIVATION_NONE)
            case .gelu: Int32(MK_ACTIVATION_GELU)
            case .geluTanh: Int32(MK_ACTIVATION_GELU_TANH)
            case .quickGELU: Int32(MK_ACTIVATION_QUICK_GELU)
            case .relu: Int32(MK_ACTIVATION_RELU)
            case .silu: Int32(MK_ACTIVATION_SILU)
            }
        }
    }

    let weight: Weight
    /// Nil: none.
    let bias: [Float]?

    /// A packed map.
    init(weight: Weight, bias: [Float]?) {
        self.weight = weight
        self.bias = bias
    }

    /// Stacks `parts`, weights of `inputs` columns with their biases, into one map.
    package init(
        inputs: Int, outputs: [Int], storage: Weight.Storage, parts: [(weight: () throws -> [Float], bias: [Float]?)]
    )
        throws
    {
        weight = try Weight(
            outputs: outputs.reduce(0, +), inputs: inputs, storage: storage, parts: parts.count
        ) { try parts[$0].weight() }
        let biases = parts.compactMap(\.bias)
        bias = biases.isEmpty ? nil : biases.flatMap { $0 }
        precondition(bias?.count ?? weight.outputs == weight.outputs, "biases of some parts only")
    }

    /// y `[rows, outputs]` = activation(x `[rows, inputs]` W^T + b), or y + x W^T + b without activation.
    func callAsFunction(
        _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, _ activation: Activation = .none,
        accumulate: Bool = false
    ) {
        precondition(!accumulate || activation == .none, "an activation of a sum is not what is meant")
        weight.multiply(x, rows: rows, into: y, accumulate: accumulate)
        mk_bias_activation(y, bias, activation.code, rows, weight.outputs)
    }

    /// dx `[rows, inputs]` = dy `[rows, outputs]` W, added to dx when `accumulate`: the backward pass to the input.
    func backward(
        _ dy: UnsafePointer<Float>, rows: Int, into dx: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        weight.multiplyTransposed(dy, rows: rows, into: dx, accumulate: accumulate)
    }

    /// The same for a matrix.
    package func callAsFunction(_ x: Matrix, _ activation: Activation = .none) -> Matrix {
        precondition(x.columns == weight.inputs, "\(x.columns) columns for \(weight.inputs) inputs")
        var y = Matrix(rows: x.rows, columns: weight.outputs)
        x.values.withUnsafeBufferPointer { x in
            y.values.withUnsafeMutableBufferPointer { y in
                if let from = x.baseAddress, let to = y.baseAddress {
                    self(from, rows: x.count / weight.inputs, into: to, activation)
                }
            }
        }
        return y
    }
}
