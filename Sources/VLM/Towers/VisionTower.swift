package import Compute

/// A CLIP, SigLIP or EVA vision transformer. Immutable after loading; safe from any thread.
///
/// A `TransformerStack` over patches, with full attention: Radford et al. 2021 (CLIP), Zhai et al. 2023 (SigLIP), Fang et al.
/// 2022 (EVA, BLIP-2's).
package struct VisionTower: Sendable {
    package let configuration: VisionTowerConfiguration
    package let family: VisionTowerConfiguration.Family
    let stack: TransformerStack
    let patches: BiasedLinear  // [width, 3 * patch * patch]
    let classToken: [Float]?  // [width]
    let positions: [Float]  // [tokens, width]
    let before: TransformerStack.Norm?
    let after: TransformerStack.Norm?

    /// Tokens of a picture, the class token included.
    package var tokens: Int { configuration.side * configuration.side + (family.hasClassToken ? 1 : 0) }

    /// The residual stream after each of the `wanted` numbers of blocks (0: before the first), `[tokens, width]` each.
    ///
    /// `pixels` are planes `[3, imageSize, imageSize]`. These are transformers' `hidden_states[i]`.
    package func hiddenStates(of pixels: [Float], after wanted: [Int]) -> [Matrix] {
        let (tokens, width) = (tokens, configuration.width)
        precondition(
            wanted.allSatisfy { 0...stack.blocks.count ~= $0 }, "blocks \(wanted) of \(stack.blocks.count) loaded")
        let sequences = [TransformerSequence(row: 0, count: tokens)]
        let pieces = TransformerActivations.pieces(stack, sequences, isKept: false)
        return stack.workspaces.with(pieces: pieces) { workspace in
            let a = TransformerActivations(stack, sequences, isKept: false, in: workspace)
            embed(pixels, into: a.hidden)
            if let before { stack.normalise(a.hidden, before, rows: tokens, into: a.hidden) }
            var kept: [Int: Matrix] = [:]
            var done = 0
            for index in Set(wanted).sorted() {
                stack.forward(a, sequences, blocks: done..<index)
                done = index
                kept[index] = Matrix(
                    rows: tokens, columns: width,
                    values: Array(UnsafeBufferPointer(start: a.hidden, count: tokens * width)))
            }
            return wanted.compactMap { kept[$0] }
        }
    }

    /// The last norm, where the checkpoint was loaded with it.
    package func finallyNormed(_ hidden: Matrix) -> Matrix {
        guard let after else { return hidden }
        var result = hidden
        stack.normalise(&result, after)
        return result
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
