import Compute
import Synchronization

/// Trains and calibrates an object head.
///
/// The threshold is taken where no training looked: the photos and the negatives are split into folds, each fold is
/// scored by a head trained on the others, and the head fires above the quantile of those negative scores that the
/// stated false-positive rate asks for. When every held-out photo lies above it, the threshold moves a part of the
/// way towards the weakest of them, so that both sides have a margin.
package struct ObjectHeadTrainer: Sendable {
    /// The share of held-out negatives that may fire. One photo says nothing of how much others of the thing differ
    /// from it, and no photo can be held out: its head may be twice as generous (chosen on the development things).
    package static func falsePositiveRate(photos: Int) -> Double { photos == 1 ? 0.01 : 0.005 }
    /// How far into the gap between negatives and photos the threshold moves.
    package static let marginShare = 0.15
    /// lambda of the logistic regression.
    package static let penalty = 1e-3

    /// What a training gave.
    package struct Result: Sendable {
        package let head: ObjectHead
        /// Held-out photos that fire, 0...1; nil with a single photo, where none can be held out.
        package let heldOutRecall: Double?
        /// Held-out negatives that fire, 0...1.
        package let heldOutFalsePositives: Double
    }

    /// Trains on `photos[photo][view]`, directions whose first view is the photo itself, on negative directions and on
    /// those of the user's other concepts, `hard`, which weigh as much together as all others do.
    package static func train(photos: [[[Double]]], negatives: [[Double]], hard: [[Double]] = []) -> Result {
        let final = LogisticRegression.train(
            positives: photos.flatMap { $0 }, negatives: negatives, hard: hard, penalty: penalty)
        let (positiveLogits, negativeLogits) = heldOutLogits(
            photos: photos, negatives: negatives, hard: hard, start: final)
        let threshold = threshold(
            positives: positiveLogits, negatives: negativeLogits,
            falsePositiveRate: falsePositiveRate(photos: photos.count))
        // With one photo its own views stand in for the positives of the scale, which only shapes the probability.
        let references = positiveLogits.isEmpty ? photos.flatMap { $0 }.map(final.logit) : positiveLogits
        let scale = scale(positives: references, negatives: negativeLogits, threshold: threshold)
        let head = ObjectHead(
            weight: final.weight.map { Float($0 * scale) }, bias: Float((final.bias - threshold) * scale))
        let fired = positiveLogits.filter { $0 >= threshold }.count
        return Result(
            head: head, heldOutRecall: positiveLogits.isEmpty ? nil : Double(fired) / Double(positiveLogits.count),
            heldOutFalsePositives: Double(negativeLogits.filter { $0 >= threshold }.count)
                / Double(negativeLogits.count))
    }

    private static func heldOutLogits(
        photos: [[[Double]]], negatives: [[Double]], hard: [[Double]], start: LogisticRegression
    ) -> (positives: [Double], negatives: [Double]) {
        let folds = max(2, min(photos.count, 4))
        // Folds do not need each other, so they are trained at the same time.
        let heads = Mutex([LogisticRegression?](repeating: nil, count: folds))
        Parallel.forEachChunk(of: folds, grain: 1) { lower, upper in
            for fold in lower..<upper {
                let kept = photos.enumerated().filter { photos.count == 1 || $0.offset % folds != fold }.map(\.element)
                let head = LogisticRegression.train(
                    positives: kept.flatMap { $0 }, negatives: rows(negatives, fold: fold, of: folds, inside: false),
                    hard: rows(hard, fold: fold, of: folds, inside: false), penalty: penalty, start: start)
                heads.withLock { $0[fold] = head }
            }
        }
        var positiveLogits: [Double] = []
        var negativeLogits: [Double] = []
        for (fold, head) in heads.withLock({ $0 }).enumerated() {
            guard let head else { preconditionFailure("fold \(fold) was not trained") }
            if photos.count > 1 {
                for (index, views) in photos.enumerated() where index % folds == fold {
                    positiveLogits.append(head.logit(views[0]))
                }
            }
            for group in [negatives, hard] {
                negativeLogits += rows(group, fold: fold, of: folds, inside: true).map(head.logit)
            }
        }
        return (positiveLogits, negativeLogits)
    }

    private static func rows(_ rows: [[Double]], fold: Int, of folds: Int, inside: Bool) -> [[Double]] {
        rows.enumerated().filter { ($0.offset % folds == fold) == inside }.map(\.element)
    }

    private static func threshold(
        positives: [Double], negatives: [Double], falsePositiveRate: Double
    ) -> Double {
        let ordered = negatives.sorted()
        let rank = min(ordered.count - 1, Int((Double(ordered.count) * (1 - falsePositiveRate)).rounded(.up)))
        let quantile = ordered[rank]
        guard let weakest = positives.min(), weakest > quantile else { return quantile }
        return quantile + marginShare * (weakest - quantile)
    }

    /// The slope that makes logistic(slope * (logit - threshold)) most likely, classes balanced (Platt's scaling with
    /// its offset fixed at the threshold); Newton on one number, kept within bounds for separable scores.
    private static func scale(positives: [Double], negatives: [Double], threshold: Double) -> Double {
        var slope = 1.0
        for _ in 0..<50 {
            var first = 1e-3 * slope
            var second = 1e-3
            for (values, sign) in [(positives, 1.0), (negatives, -1.0)] {
                for value in values {
                    let margin = sign * (value - threshold)
                    let miss = logistic(-slope * margin)
                    first -= miss * margin / Double(values.count)
                    second += miss * (1 - miss) * margin * margin / Double(values.count)
                }
            }
            let next = min(max(slope - first / second, slope / 2), slope * 2)
            let done = abs(next - slope) < 1e-10 * slope
            slope = min(max(next, 0.1), 10)
            if done { break }
        }
        return slope
    }
}
