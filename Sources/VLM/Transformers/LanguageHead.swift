internal import Compute
internal import Kernels

/// From a stack's last rows to logits: a norm, a projection and a scale where the model has them, the output matrix.
struct LanguageHead: Sendable {
    let norm: TransformerStack.Norm?
    /// OPT-350m's way from the width of the blocks to that of the words.
    let projection: BiasedLinear?
    /// T5's root of the width where the matrix is tied to the embedding.
    let scale: Float
    let weight: Weight  // [vocabulary, words' width]

    private func widths(_ stack: TransformerStack) -> (rows: Int, words: Int) { (stack.shape.width, weight.inputs) }

    func pieces(_ stack: TransformerStack, count: Int) -> [Int] {
        let (rows, words) = widths(stack)
        return [count * rows, count * words]
    }

    /// Logits `[count, vocabulary]` of rows `[count, width]`.
    func logits(
        _ stack: TransformerStack, of rows: UnsafePointer<Float>, count: Int, to logits: UnsafeMutablePointer<Float>,
        in workspace: Workspace
    ) {
        let normed = workspace.take(count * stack.shape.width)
        let words = workspace.take(count * weight.inputs)
        if let norm {
            stack.normalise(rows, norm, rows: count, into: normed)
        } else {
            normed.update(from: rows, count: count * stack.shape.width)
        }
        if let projection {
            projection(normed, rows: count, into: words)
        } else {
            words.update(from: normed, count: count * weight.inputs)
        }
        if scale != 1 { for index in 0..<count * weight.inputs { words[index] *= scale } }
        weight.multiply(words, rows: count, into: logits)
    }

    /// Sizes of what `loss` takes.
    func lossPieces(_ stack: TransformerStack, count: Int) -> [Int] {
        let (rows, words) = widths(stack)
        return pieces(stack, count: count) + [count * weight.outputs, count * words, count * rows]
    }

    /// Mean cross-entropy of rows `[targets.count, width]` in nats; `gradient`, of the same size, is written.
    func loss(
        _ stack: TransformerStack, of rows: UnsafePointer<Float>, targets: [Int32],
        gradient: UnsafeMutablePointer<Float>, in workspace: Workspace
    ) -> Double {
        let (count, width) = (targets.count, stack.shape.width)
        let values = workspace.take(count * weight.outputs)
        logits(stack, of: rows, count: count, to: values, in: workspace)
        var losses = [Double](repeating: 0, count: count)
        mk_cross_entropy(values, targets, count, weight.outputs, 1 / Float(count), &losses)
        let words = workspace.take(count * weight.inputs)
        weight.multiplyTransposed(values, rows: count, into: words)
        if scale != 1 { for index in 0..<count * weight.inputs { words[index] *= scale } }
        let normed = workspace.take(count * width)
        if let projection {
            projection.backward(words, rows: count, into: normed)
        } else {
            normed.update(from: words, count: count * width)
        }
        if let norm {
            gradient.update(repeating: 0, count: count * width)
            stack.normaliseBackward(rows, norm, normed, rows: count, into: gradient)
        } else {
            gradient.update(from: normed, count: count * width)
        }
        return losses.reduce(0, +) / Double(count)
    }
}
