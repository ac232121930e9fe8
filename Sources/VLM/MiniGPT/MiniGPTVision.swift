package import Compute
internal import Kernels

/// The vision side of MiniGPT-v2: EVA's tower, a norm of its rows without the class token's, four patches that follow each
/// other joined to one row, one linear map.
package struct MiniGPTVision: ConversationVision {
    /// Patches that become one visual token.
    static let joined = 4

    let processor: ImageProcessor
    package let tower: VisionTower
    /// `ln_vision`, whose file need not be there: it was never tuned.
    let norm: TransformerStack.Norm
    let projection: BiasedLinear  // [hidden, joined * featureSize]

    package var featureSize: Int { tower.configuration.featureSize }
    package var isTiled: Bool { false }
    package var mostTokens: Int { side * side / Self.joined }
    private var side: Int { tower.configuration.side }

    package func pixels(of image: RGBImage) -> [[Float]] { [processor(image)] }

    /// The patches' rows behind the norm, `[side * side, featureSize]`.
    package func features(of pixels: [Float]) -> Matrix {
        let hidden = tower.hiddenStates(of: pixels, after: [tower.configuration.layers])[0]
        var patches = Matrix(
            rows: hidden.rows - 1, columns: hidden.columns, values: Array(hidden.values[hidden.columns...]))
        let (rows, columns) = (patches.rows, patches.columns)
        patches.values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            // Not the tower's own epsilon: this norm stands outside of it and has PyTorch's.
            mk_layer_norm(base, norm.weight, norm.bias, 1e-5, rows, columns, base)
        }
        return patches
    }

    package func seen(_ image: RGBImage) -> (map: Matrix, tokens: Matrix) {
        let map = features(of: processor(image))
        // Rows follow each other in memory, so joined ones are longer rows of the same numbers.
        let joined = Matrix(rows: map.rows / Self.joined, columns: map.columns * Self.joined, values: map.values)
        return (map, projection(joined))
    }

    package func area(width: Int, height: Int) -> PictureBox {
        tower.configuration.area(of: processor.area(width: width, height: height))
    }

    /// What tokens get, each over the patches that it stands for: `[side * side]`, the same sum.
    package func spread(_ shares: [Float]) -> [Float] {
        shares.flatMap { [Float](repeating: $0 / Float(Self.joined), count: Self.joined) }
    }
}
