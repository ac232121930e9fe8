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

    /// Sizes of what `logits` takes.
    func pieces(_ stack: TransformerStack, count: Int) -> [Int] {
        [count * stack.shape.width, projection == nil ? 0 : count * weight.inputs]
    }

    /// Logits `[count, vocabulary]` of rows `[count, width]`.
    func logits(
        _ stack: TransformerStack, of rows: UnsafePointer<Float>, count: Int, to logits: UnsafeMutablePointer<Float>,
        in workspace: Workspace
    ) {
        let normed = workspace.take(count * stack.shape.width)
        var words = normed
        if let norm {
            stack.normalise(rows, norm, rows: count, into: normed)
        } else {
            normed.update(from: rows, count: count * stack.shape.width)
        }
        if let projection {
            words = workspace.take(count * weight.inputs)
            projection(normed, rows: count, into: words)
        }
        if scale != 1 { for index in 0..<count * weight.inputs { words[index] *= scale } }
        weight.multiply(words, rows: count, into: logits)
    }

    /// Sizes of what `backward` takes.
    func backwardPieces(_ stack: TransformerStack, count: Int) -> [Int] { pieces(stack, count: count) }

    /// From the gradient of logits `[count, vocabulary]` to that of their rows `[count, width]`, which is written.
    func backward(
        _ stack: TransformerStack, of rows: UnsafePointer<Float>, _ logits: UnsafePointer<Float>, count: Int,
        gradient: UnsafeMutablePointer<Float>, in workspace: Workspace
    ) {
        let normed = workspace.take(count * stack.shape.width)
        let words = projection == nil ? normed : workspace.take(count * weight.inputs)
        weight.multiplyTransposed(logits, rows: count, into: words)
        if scale != 1 { for index in 0..<count * weight.inputs { words[index] *= scale } }
        projection?.backward(words, rows: count, into: normed)
        if let norm {
            gradient.update(repeating: 0, count: count * stack.shape.width)
            stack.normaliseBackward(rows, norm, normed, rows: count, into: gradient)
        } else {
            gradient.update(from: normed, count: count * stack.shape.width)
        }
    }

    /// Sizes of what `loss` takes.
    func lossPieces(_ stack: TransformerStack, count: Int) -> [Int] {
        pieces(stack, count: count) + [count * weight.outputs] + backwardPieces(stack, count: count)
    }

    /// Mean cross-entropy of rows `[targets.count, width]` in nats; `gradient`, of the same size, is written.
    func loss(
        _ stack: TransformerStack, of rows: UnsafePointer<Float>, targets: [Int32],
        gradient: UnsafeMutablePointer<Float>, in workspace: Workspace
    ) -> Double {
        let count = targets.count
        let values = workspace.take(count * weight.outputs)
        logits(stack, of: rows, count: count, to: values, in: workspace)
        let loss = Self.crossEntropy(values, targets, vocabulary: weight.outputs)
        backward(stack, of: rows, values, count: count, gradient: gradient, in: workspace)
        return loss
    }

    /// The mean cross-entropy of logits `[targets.count, vocabulary]` in nats; its gradient takes their place.
    static func crossEntropy(
        _ logits: UnsafeMutablePointer<Float>, _ targets: [Int32], vocabulary: Int
    ) -> Double {
        var losses = [Double](repeating: 0, count: targets.count)
        mk_cross_entropy(logits, targets, targets.count, vocabulary, 1 / Float(targets.count), &losses)
        return losses.reduce(0, +) / Double(targets.count)
    }
}
