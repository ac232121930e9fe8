package import Compute

/// Decides whether one object is in a picture: a logistic function of the frozen model's pooled feature.
///
/// The bias and scale are calibrated so that the probability is 1/2 where the head begins to fire, as in MyVLM.
package struct ObjectHead: Sendable, Equatable {
    /// The head fires at this probability and above.
    package static let threshold: Float = 0.5

    /// `[features]`, for directions of the feature space.
    package internal(set) var weight: [Float]
    package let bias: Float

    package init(weight: [Float], bias: Float) {
        self.weight = weight
        self.bias = bias
    }

    /// The logistic form of a two-class softmax head: `weight` `[2, features]`, `bias` `[2]`, class 1 = present.
    package init(softmaxWeight weight: Matrix, bias: [Float]) {
        self.init(weight: zip(weight.row(1), weight.row(0)).map { $0 - $1 }, bias: bias[1] - bias[0])
    }

    /// The probability of a logit.
    package static func probability(_ logit: Float) -> Float {
        Float(logistic(Double(logit)))
    }

    /// The logits of many heads on one direction, `[heads]`: one matrix product. Each is bit-equal to its head alone.
    package static func logits(of heads: [ObjectHead], direction: [Float]) -> [Float] {
        direction.withUnsafeBufferPointer { x in
            heads.map { head in head.weight.withUnsafeBufferPointer { DotProduct.of($0, x) } + head.bias }
        }
    }

    /// What each cell of the visual grid adds to the logit, `[cells]`: the sum and the bias give the logit, because
    /// the pooled feature is the mean of `map`, `[cells, features]`, and a head is linear.
    package func heat(map: Matrix, space: FeatureSpace, norm: Float) -> [Float] {
        guard norm > 0, map.rows > 0 else { return [Float](repeating: 0, count: map.rows) }
        let scale = 1 / (norm * Float(map.rows))
        let weight = space.dual(of: weight)
        let offset = DotProduct.of(weight, space.mean)
        return weight.withUnsafeBufferPointer { weight in
            map.values.withUnsafeBufferPointer { values in
                (0..<map.rows).map { cell in
                    let row = UnsafeBufferPointer(
                        rebasing: values[cell * map.columns..<(cell + 1) * map.columns])
                    return (DotProduct.of(weight, row) - offset) * scale
                }
            }
        }
    }
}
