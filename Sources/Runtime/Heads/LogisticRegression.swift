/// Class-balanced logistic regression with an L2 penalty, solved to its optimum in Double.
///
/// Minimises  1/2 mean_{positives} log(1 + exp(-z)) + 1/2 mean_{negatives} log(1 + exp(z)) + lambda/2 |w|^2,
/// z = w.f + b. The problem is strictly convex in w, so the solution does not depend on the solver.
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

    /// Trains on rows of equal length; both classes need at least one row. `start` may speed the solver up.
    package static func train(
        positives: [[Double]], negatives: [[Double]], penalty: Double, start: LogisticRegression? = nil
    ) -> LogisticRegression {
        let features = positives[0].count
        let rows = positives + negatives
        let result = LBFGS.minimize(
            from: start.map { $0.weight + [$0.bias] } ?? [Double](repeating: 0, count: features + 1),
            tolerance: 1e-8, maximumIterations: 1000
        ) { point, gradient in
            objective(
                point, rows: rows, positives: positives.count, penalty: penalty, gradient: &gradient)
        }
        return LogisticRegression(weight: Array(result.point.dropLast()), bias: result.point[features])
    }

    /// Value and gradient at `point` = weight ++ [bias].
    package static func objective(
        _ point: [Double], rows: [[Double]], positives: Int, penalty: Double, gradient: inout [Double]
    ) -> Double {
        let features = point.count - 1
        let negatives = rows.count - positives
        for i in 0..<features { gradient[i] = penalty * point[i] }
        gradient[features] = 0
        var value = 0.0
        point.withUnsafeBufferPointer { point in
            let weight = UnsafeBufferPointer(rebasing: point[0..<features])
            gradient.withUnsafeMutableBufferPointer { gradient in
                for (index, row) in rows.enumerated() {
                    row.withUnsafeBufferPointer { row in
                        let logit = DotProduct.of(weight, row) + point[features]
                        let sign: Double = index < positives ? 1 : -1
                        let share = 0.5 / Double(index < positives ? positives : negatives)
                        value += share * softplus(-sign * logit)
                        let slope = -sign * share * logistic(-sign * logit)
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
