internal import Kernels

/// Element-wise functions, in place.
public enum Activation {
    /// The exact GELU, x (1 + erf(x / sqrt 2)) / 2.
    public static func gelu(_ x: UnsafeMutablePointer<Float>, count: Int) { mk_gelu(x, count) }

    /// The exact GELU of every element.
    public static func gelu(_ x: inout Matrix) {
        x.values.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { mk_gelu(base, buffer.count) }
        }
    }

    /// x sigmoid(x), also called swish.
    public static func silu(_ x: UnsafeMutablePointer<Float>, count: Int) { mk_silu(x, count) }

    /// exp(x - max) / sum of the `count` > 0 elements.
    public static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int) { mk_softmax(x, count) }

    /// exp(x - max) / sum; empty for an empty vector.
    public static func softmax(_ x: [Float]) -> [Float] {
        var result = x
        result.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress, !buffer.isEmpty { mk_softmax(base, buffer.count) }
        }
        return result
    }
}
