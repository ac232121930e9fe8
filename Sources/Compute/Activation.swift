internal import Kernels

/// Element-wise functions, in place.
public enum Activation {
    /// The exact GELU, x (1 + erf(x / sqrt 2)) / 2, of every element.
    public static func gelu(_ x: inout Matrix) {
        let (rows, columns) = (x.rows, x.columns)
        x.values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            mk_bias_activation(base, nil, Int32(MK_ACTIVATION_GELU), rows, columns)
        }
    }

    /// exp(x - max) / sum; empty for an empty vector.
    public static func softmax(_ x: [Float]) -> [Float] {
        var result = x
        result.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress, !buffer.isEmpty { mk_softmax(base, buffer.count) }
        }
        return result
    }
}
