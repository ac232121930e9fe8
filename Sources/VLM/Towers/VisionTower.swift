package import Compute
internal import Kernels

/// A CLIP, SigLIP or EVA vision transformer. Immutable after loading; safe from any thread.
///
/// Pre-norm blocks with full attention: Radford et al. 2021 (CLIP), Zhai et al. 2023 (SigLIP), Fang et al.
/// 2022 (EVA, BLIP-2's).
package struct VisionTower: Sendable {
    package let configuration: VisionTowerConfiguration
    package let family: VisionTowerConfiguration.Family
    let activation: BiasedLinear.Activation
    let patches: BiasedLinear  // [width, 3 * patch * patch]
    let classToken: [Float]?  // [width]
    let positions: [Float]  // [tokens, width]
    let before: LayerNorm?
    let blocks: [Block]
    let after: LayerNorm?

    struct LayerNorm: Sendable {
        let weight: [Float]
        let bias: [Float]
    }

    struct Block: Sendable {
        let attentionNorm: LayerNorm
        let queryKeyValue: BiasedLinear  // [3 * width, width]
        let output: BiasedLinear  // [width, width]
        let mlpNorm: LayerNorm
        let first: BiasedLinear  // [inner, width]
        let second: BiasedLinear  // [width, inner]
    }

    /// Tokens of a picture, the class token included.
    package var tokens: Int { configuration.side * configuration.side + (family.hasClassToken ? 1 : 0) }

    /// The residual stream after each of the `wanted` numbers of blocks (0: before the first), `[tokens, width]` each.
    ///
    /// `pixels` are planes `[3, imageSize, imageSize]`. These are transformers' `hidden_states[i]`.
    package func hiddenStates(of pixels: [Float], after wanted: [Int]) -> [Matrix] {
        let (tokens, width, inner) = (tokens, configuration.width, configuration.inner)
        precondition(wanted.allSatisfy { 0...blocks.count ~= $0 }, "blocks \(wanted) of \(blocks.count) loaded")
        let hidden = FloatBuffer(count: tokens * width)
        let normed = FloatBuffer(count: tokens * width)
        let wide = FloatBuffer(count: tokens * max(inner, 3 * width))
        let attention = TowerAttention(tokens: tokens, heads: configuration.heads, size: width / configuration.heads)
        embed(pixels, into: hidden.pointer)
        if let before { norm(hidden.pointer, before, into: hidden.pointer) }

        var kept: [Int: Matrix] = [:]
        for index in 0...(wanted.max() ?? 0) {
            if index > 0 {
                let block = blocks[index - 1]
                norm(hidden.pointer, block.attentionNorm, into: normed.pointer)
                block.queryKeyValue(normed.pointer, rows: tokens, into: wide.pointer)
                attention(wide.pointer, into: normed.pointer)
                block.output(normed.pointer, rows: tokens, into: hidden.pointer, accumulate: true)
                norm(hidden.pointer, block.mlpNorm, into: normed.pointer)
                block.first(normed.pointer, rows: tokens, into: wide.pointer, activation)
                block.second(wide.pointer, rows: tokens, into: hidden.pointer, accumulate: true)
            }
            if wanted.contains(index) {
                kept[index] = Matrix(
                    rows: tokens, columns: width,
                    values: Array(UnsafeBufferPointer(start: hidden.pointer, count: tokens * width)))
            }
        }
        return wanted.compactMap { kept[$0] }
    }

    /// The last norm, where the checkpoint was loaded with it.
    package func finallyNormed(_ hidden: Matrix) -> Matrix {
        guard let after else { return hidden }
        var result = hidden
        result.values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            mk_layer_norm(
                base, after.weight, after.bias, configuration.epsilon, hidden.rows, configuration.width, base)
        }
        return result
    }

    private func norm(_ x: UnsafePointer<Float>, _ norm: LayerNorm, into y: UnsafeMutablePointer<Float>) {
        mk_layer_norm(x, norm.weight, norm.bias, configuration.epsilon, tokens, configuration.width, y)
    }

    /// Patches through their linear map, the class token before them, positions added.
    private func embed(_ pixels: [Float], into hidden: UnsafeMutablePointer<Float>) {
        let (size, patch, side, width) =
            (configuration.imageSize, configuration.patch, configuration.side, configuration.width)
        precondition(pixels.count == 3 * size * size, "\(pixels.count) pixel values for 3 x \(size) x \(size)")
        let length = 3 * patch * patch
        let cut = [Float](unsafeUninitializedCapacity: side * side * length) { target, count in
            for cell in 0..<side * side {
                let (top, left) = (cell / side * patch, cell % side * patch)
                for channel in 0..<3 {
                    for y in 0..<patch {
                        let from = channel * size * size + (top + y) * size + left
                        let to = cell * length + (channel * patch + y) * patch
                        for x in 0..<patch { target[to + x] = pixels[from + x] }
                    }
                }
            }
            count = side * side * length
        }
        let first = family.hasClassToken ? 1 : 0
        patches(cut, rows: side * side, into: hidden + first * width)
        if let classToken { hidden.update(from: classToken, count: width) }
        for index in 0..<tokens * width { hidden[index] += positions[index] }
    }
}
