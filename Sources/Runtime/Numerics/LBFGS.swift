import Compute

/// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5) with a backtracking line search
/// (Armijo) for smooth convex functions. Deterministic.
package enum LBFGS {
    /// Where it stopped.
    package struct Result {
        package let point: [Double]
        package let value: Double
        /// Largest absolute component of the gradient at `point`.
        package let gradientNorm: Double
        package let iterations: Int
    }

    private struct Pair {
        let s: [Double]
        let y: [Double]
        let rho: Double
    }

    /// Minimises `function`, which returns its value and writes its gradient, from `start` until the largest gradient
    /// component is below `tolerance`, no further progress is possible in Double, or `maximumIterations` are done.
    package static func minimize(
        from start: [Double], tolerance: Double, maximumIterations: Int, memory: Int = 12,
        function: (_ point: [Double], _ gradient: inout [Double]) -> Double
    ) -> Result {
        var point = start
        var gradient = [Double](repeating: 0, count: start.count)
        var value = function(point, &gradient)
        var pairs: [Pair] = []
        var iterations = 0
        while iterations < maximumIterations, largest(gradient) > tolerance {
            Pause.point()
            iterations += 1
            var direction = descent(gradient, pairs)
            var slope = DotProduct.of(direction, gradient)
            if slope >= 0 {
                // Rounding spoilt the curvature pairs: fall back to steepest descent.
                pairs = []
                direction = gradient.map { -$0 }
                slope = -DotProduct.of(gradient, gradient)
            }
            var step = pairs.isEmpty ? min(1, 1 / max(largest(gradient), 1e-12)) : 1
            var next = point
            var nextGradient = gradient
            var nextValue = value
            var accepted = false
            for _ in 0..<40 {
                for i in 0..<point.count { next[i] = point[i] + step * direction[i] }
                nextValue = function(next, &nextGradient)
                if nextValue <= value + 1e-4 * step * slope {
                    accepted = true
                    break
                }
                step /= 2
            }
            guard accepted else { break }
            let s = zip(next, point).map { $0 - $1 }
            let y = zip(nextGradient, gradient).map { $0 - $1 }
            let curvature = DotProduct.of(s, y)
            if curvature > 0 {
                pairs.append(Pair(s: s, y: y, rho: 1 / curvature))
                if pairs.count > memory { pairs.removeFirst() }
            }
            (point, gradient, value) = (next, nextGradient, nextValue)
        }
        return Result(point: point, value: value, gradientNorm: largest(gradient), iterations: iterations)
    }

    private static func largest(_ x: [Double]) -> Double {
        x.reduce(0) { max($0, abs($1)) }
    }

    /// Minus the inverse Hessian estimate times the gradient: the two-loop recursion.
    private static func descent(_ gradient: [Double], _ pairs: [Pair]) -> [Double] {
        var q = gradient
        var alphas: [Double] = []
        for pair in pairs.reversed() {
            let alpha = pair.rho * DotProduct.of(pair.s, q)
            alphas.append(alpha)
            for i in 0..<q.count { q[i] -= alpha * pair.y[i] }
        }
        if let last = pairs.last {
            let scale = 1 / (last.rho * DotProduct.of(last.y, last.y))
            for i in 0..<q.count { q[i] *= scale }
        }
        for (pair, alpha) in zip(pairs, alphas.reversed()) {
            let beta = pair.rho * DotProduct.of(pair.y, q)
            for i in 0..<q.count { q[i] += (alpha - beta) * pair.s[i] }
        }
        return q.map { -$0 }
    }
}
