public import Compute

/// A low-rank update of a linear map (LoRA, Hu et al. 2021): W + scale * B A.
public struct LowRankFactors: Sendable {
    /// `[rank, inputs]`
    public let a: Matrix
    /// `[outputs, rank]`
    public let b: Matrix
    /// Times which the product is added, alpha / rank.
    public let scale: Float

    /// Factors; throws `checkpointMalformed` when the ranks differ.
    public init(a: Matrix, b: Matrix, scale: Float) throws {
        guard a.rows == b.columns else {
            throw VLMError(.checkpointMalformed, "low-rank factors of ranks \(a.rows) and \(b.columns) do not match")
        }
        self.a = a
        self.b = b
        self.scale = scale
    }

    /// Adds scale * B A to the plain rows of W `[outputs, inputs]`; throws `checkpointMalformed` for another size.
    public func merge(into weight: inout [Float]) throws {
        guard weight.count == b.rows * a.columns else {
            throw VLMError(
                .checkpointMalformed, "a low-rank update of \(b.rows) x \(a.columns) for \(weight.count) weights")
        }
        let update = Gemm.multiply(b, a)
        for index in weight.indices { weight[index] += scale * update.values[index] }
    }
}
