import Foundation
import Foundations

/// MyVLM's own recipe for an object head, for comparison with the exact solution this project uses: a linear layer of
/// two classes on unit features, AdamW at 1e-3 with decay 0.01, cosine to 5e-6 over 500 steps, batches of 16 drawn so
/// that both classes are as likely, gradient norm clipped to 0.1 (`concept_heads/clip/concept_head_training`).
package enum PublishedHeadTrainer {
    static let steps = 500
    static let batch = 16
    static let rate = 1e-3
    static let finalRate = 5e-6
    static let decay = 0.01
    static let clip = 0.1

    /// Trains on views of each photo and on negatives, features of equal length and unit norm. Fires at probability
    /// 0.5. Deterministic for its seed.
    package static func train(photos: [[[Float]]], negatives: [[Float]], seed: UInt64) -> ObjectHead {
        let features = negatives.first?.count ?? photos.first?.first?.count ?? 0
        var generator = SplitMix64(seed: seed)
        // A PyTorch Linear starts uniform within one over the root of its inputs.
        let bound = 1 / Double(max(features, 1)).squareRoot()
        var parameters = (0..<2 * (features + 1)).map { _ in generator.uniform(-bound, bound) }
        var mean = [Double](repeating: 0, count: parameters.count)
        var square = mean
        for step in 0..<steps {
            var gradient = [Double](repeating: 0, count: parameters.count)
            for _ in 0..<batch {
                let isPositive = generator.unit() < 0.5
                let feature: [Float]
                if isPositive {
                    let views = photos[generator.index(below: photos.count)]
                    feature = views[generator.index(below: views.count)]
                } else {
                    feature = negatives[generator.index(below: negatives.count)]
                }
                accumulate(feature, isPositive: isPositive, parameters: parameters, gradient: &gradient)
            }
            let norm = DotProduct.of(gradient, gradient).squareRoot()
            let shrink = norm > clip ? clip / norm : 1
            let falling = (1 + cosine(Double.pi * Double(step) / Double(steps))) / 2
            let current = finalRate + (rate - finalRate) * falling
            let correction1 = 1 - pow(0.9, Double(step + 1))
            let correction2 = (1 - pow(0.999, Double(step + 1))).squareRoot()
            for i in parameters.indices {
                let slope = gradient[i] * shrink
                mean[i] = 0.9 * mean[i] + 0.1 * slope
                square[i] = 0.999 * square[i] + 0.001 * slope * slope
                parameters[i] -= current * decay * parameters[i]
                let root = square[i].squareRoot() / correction2 + 1e-8
                parameters[i] -= current / correction1 * mean[i] / root
            }
        }
        let width = features + 1
        return ObjectHead(
            weight: (0..<features).map { Float(parameters[width + $0] - parameters[$0]) },
            bias: Float(parameters[width + features] - parameters[features]))
    }

    /// Adds the gradient of one sample's cross-entropy, divided by the batch. Parameters are the row of class 0 with
    /// its bias, then that of class 1.
    private static func accumulate(
        _ feature: [Float], isPositive: Bool, parameters: [Double], gradient: inout [Double]
    ) {
        let width = feature.count + 1
        var logits = [parameters[width - 1], parameters[2 * width - 1]]
        for (i, value) in feature.enumerated() {
            logits[0] += parameters[i] * Double(value)
            logits[1] += parameters[width + i] * Double(value)
        }
        let present = logistic(logits[1] - logits[0])
        let slope = (present - (isPositive ? 1 : 0)) / Double(batch)
        for (i, value) in feature.enumerated() {
            gradient[i] -= slope * Double(value)
            gradient[width + i] += slope * Double(value)
        }
        gradient[width - 1] -= slope
        gradient[2 * width - 1] += slope
    }
}
