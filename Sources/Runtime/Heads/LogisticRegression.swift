/// Class-balanced logistic regression with an L2 penalty, solved to its optimum in Double.
///
/// Minimises  1/2 mean_{positives} log(1 + exp(-z)) + 1/2 mean_{negatives} log(1 + exp(z)) + lambda/2 |w|^2,
/// z = w.f + b. Negatives may come as two groups, everyday and hard ones, that share their half equally however many
/// each has. The problem is strictly convex in w, so the solution does not depend on the solver.
package struct LogisticRegression: Sendable {
    /// `[features]`.
    package let weight: [Double]
    package let bias: Double

    package init(weight: [Double], bias: Double) {
        self.weight = weight
        self.bias = bias
    }

    /// The logit of a feature, `[features]`.
    package func logit(_ feature: [Double]) -> Double {
        DotProduct.of(weight, feature) + bias
    }

    /// Trains on rows of equal length; positives and negatives need at least one row each, hard negatives none. `start`
    /// may speed the solver up.
    package static func train(
        positives: [[Double]], negatives: [[Double]], hard: [[Double]] = [], penalty: Double,
        start: LogisticRegression? = nil
    ) -> LogisticRegression {
        let features = positives[0].count
        let rows = positives + negatives + hard
        let shares = shares(positives: positives.count, negatives: negatives.count, hard: hard.count)
        let result = LBFGS.minimize(
            from: start.map { $0.weight + [$0.bias] } ?? [Double](repeating: 0, count: features + 1),
            tolerance: 1e-8, maximumIterations: 1000
        ) { point, gradient in
            objective(point, rows: rows, shares: shares, penalty: penalty, gradient: &gradient)
        }
        return LogisticRegression(weight: Array(result.point.dropLast()), bias: result.point[features])
    }

    /// What each row weighs, positive for positives and negative for negatives: one half each class.
    package static func shares(positives: Int, negatives: Int, hard: Int = 0) -> [Double] {
        let group = hard == 0 ? 0.5 : 0.25
        return [Double](repeating: 0.5 / Double(positives), count: positives)
            + [Double](repeating: -group / Double(negatives), count: negatives)
            + [Double](repeating: -group / Double(max(hard, 1)), count: hard)
    }

    /// Value and gradient at `point` = weight ++ [bias].
    package static func objective(
        _ point: [Double], rows: [[Double]], shares: [Double], penalty: Double, gradient: inout [Double]
    ) -> Double {
        let features = point.count - 1
        for i in 0..<features { gradient[i] = penalty * point[i] }
        gradient[features] = 0
        var value = 0.0
        point.withUnsafeBufferPointer { point in
            let weight = UnsafeBufferPointer(rebasing: point[0..<features])
            gradient.withUnsafeMutableBufferPointer { gradient in
                for (row, share) in zip(rows, shares) {
                    row.withUnsafeBufferPointer { row in
                        let logit = DotProduct.of(weight, row) + point[features]
                        let sign: Double = share > 0 ? 1 : -1
                        value += abs(share) * softplus(-sign * logit)
                        let slope = -share * logistic(-sign * logit)
                        for i in 0..<features { gradient[i] += slope * row[i] }
                        gradient[features] += slope
                    }
                }
                value += penalty / 2 * DotProduct.of(weight, weight)
            }
        }
        return value
    }
}
