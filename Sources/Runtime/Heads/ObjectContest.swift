package import Compute
import Foundations
package import VLM

/// Decides which of a user's objects are in a picture: every head looks at every part of the grid, and where several
/// fire on the same part, the one it is likeliest of the user's things takes it.
///
/// A head alone tells its thing from strangers' things; a user's two sneakers fire each other's heads. What is in one
/// part is one of them, so there a classifier of the user's own things decides (`RidgeClassifier`); two things side by
/// side win a part each.
///
/// All heads are one matrix, and a picture is one product with it: the parts of the picture are its rows. What the cells
/// of the grid say is a product with the heads' dual weights, since cells are not whitened.
/// Each number is bit for bit what the head gives alone. Immutable.
package struct ObjectContest: Sendable {
    package struct Contestant: Sendable {
        let head: ObjectHead
        let threshold: Float
        /// Directions of the enrolled photos, `[photos, features]`, each the mean of the photo's views.
        let directions: Matrix
        /// The head's dual weights where they are known already.
        let dual: [Float]?

        package init(
            head: ObjectHead, threshold: Float = ObjectHead.threshold, directions: Matrix, dual: [Float]? = nil
        ) {
            self.head = head
            self.threshold = threshold
            self.directions = directions
            self.dual = dual
        }
    }

    package struct Decision: Sendable, Equatable {
        /// The highest probability among the parts: its head's own, times that of not being the winner where another
        /// thing took the part. At the threshold or above exactly where it fired.
        package let score: Float
        package let fired: Bool
        /// What each cell of the grid adds to the logit of the whole, `[cells]`: see `ObjectHead.heat`.
        package let heat: [Float]
    }

    private let space: FeatureSpace
    /// `[heads, features]`.
    private var weights: Matrix
    /// The same for centred features as they are.
    private var duals: Matrix
    private var biases: [Float]
    private let thresholds: [Float]
    /// What each head's dual says of the centre of the feature space.
    private var centres: [Float]
    /// Which of the things a part shows; it gives one score a contestant.
    private var things: RidgeClassifier

    package init(contestants: [Contestant], space: FeatureSpace) {
        self.space = space
        weights = Matrix(
            rows: contestants.count, columns: space.mean.count, values: contestants.flatMap(\.head.weight))
        biases = contestants.map(\.head.bias)
        thresholds = contestants.map(\.threshold)
        let duals = contestants.map { $0.dual ?? space.dual(of: $0.head.weight) }
        self.duals = Matrix(rows: contestants.count, columns: space.mean.count, values: duals.flatMap { $0 })
        centres = duals.map { DotProduct.of($0, space.mean) }
        things = RidgeClassifier(contestants.map(\.directions))
    }

    /// Zeroes what was packed; it decides nothing any more.
    mutating func wipe() {
        weights.values.wipe()
        duals.values.wipe()
        biases.wipe()
        centres.wipe()
        things.wipe()
    }

    /// Bytes of the packed heads and of what tells the things apart.
    var bytes: Int { (2 * weights.values.count + 3 * biases.count) * MemoryLayout<Float>.size + things.bytes }

    /// One verdict a contestant. `columns` is the width of the grid; 0 where the map has no grid to part. `closeUps` are
    /// pooled features of parts that the model looked at by themselves; they stand in for parts of the grid.
    package func decisions(features: ImageFeatures, columns: Int, closeUps: [[Float]] = []) -> [Decision] {
        guard !biases.isEmpty else { return [] }
        let (parts, norm) = parts(of: features, columns: columns, closeUps: closeUps)
        // [parts, heads] and [cells, heads].
        let products = DotProduct.products(
            Matrix(rows: parts.count, columns: space.mean.count, values: parts.flatMap { $0 }), weights)
        let cells = DotProduct.products(features.map, duals)
        var fired = [Bool](repeating: false, count: biases.count)
        var best = [Float](repeating: 0, count: biases.count)
        for (part, direction) in parts.enumerated() {
            var scores = biases.indices.map { ObjectHead.probability(products[part, $0] + biases[$0]) }
            let firing = scores.indices.filter { scores[$0] >= thresholds[$0] }
            // Ties go to the first: members are in the order of names.
            if let winner = likeliest(of: firing, in: direction) {
                fired[winner] = true
                for loser in firing where loser != winner {
                    // One part shows one thing. Whatever is left stays below the threshold.
                    scores[loser] = min(scores[loser] * (1 - scores[winner]), thresholds[loser].nextDown)
                }
            }
            for (index, score) in scores.enumerated() { best[index] = max(best[index], score) }
        }
        let scale = norm > 0 && features.map.rows > 0 ? 1 / (norm * Float(features.map.rows)) : 0
        return best.indices.map { index in
            Decision(
                score: best[index], fired: fired[index],
                heat: (0..<features.map.rows).map { cell in
                    scale > 0 ? (cells[cell, index] - centres[index]) * scale : 0
                })
        }
    }

    /// Directions of the parts of the picture, the whole first, and the norm the whole had.
    private func parts(
        of features: ImageFeatures, columns: Int, closeUps: [[Float]]
    ) -> (directions: [[Float]], norm: Float) {
        let (whole, norm) = space.direction(of: features.pooled)
        guard closeUps.isEmpty else { return ([whole] + closeUps.map { space.direction(of: $0).unit }, norm) }
        guard columns > 1, features.map.rows > 0 else { return ([whole], norm) }
        let halves = [GridPart.left, .right].map {
            space.direction(of: $0.pooled(features.map, columns: columns)).unit
        }
        return ([whole] + halves, norm)
    }

    private func likeliest(of firing: [Int], in direction: [Float]) -> Int? {
        guard firing.count > 1 else { return firing.first }
        let scores = things.scores(of: direction)
        return firing.reduce(firing[0]) { best, next in scores[next] > scores[best] ? next : best }
    }
}
