package import Compute
package import VLM

/// Decides which of a user's objects are in a picture: every head looks at every part of the grid, and where several
/// fire on the same part, the one whose enrolled photos are nearest takes it.
///
/// A head alone tells its thing from strangers' things; a user's two sneakers fire each other's heads. What is in one
/// part is one of them, so nearness decides there, as the nearest key does for faces; two things side by side win a
/// part each.
package struct ObjectContest: Sendable {
    package struct Contestant: Sendable {
        let head: ObjectHead
        let threshold: Float
        /// Pooled features of the enrolled photos, `[photos, features]`.
        let enrolled: Matrix

        package init(head: ObjectHead, threshold: Float = ObjectHead.threshold, enrolled: Matrix) {
            self.head = head
            self.threshold = threshold
            self.enrolled = enrolled
        }
    }

    package struct Verdict: Sendable, Equatable {
        /// The highest probability among the parts it took; where it took none, among all parts.
        package let score: Float
        package let fired: Bool
    }

    let contestants: [Contestant]
    let space: FeatureSpace

    package init(contestants: [Contestant], space: FeatureSpace) {
        self.contestants = contestants
        self.space = space
    }

    /// One verdict a contestant. `columns` is the width of the grid; 0 where the map has no grid to part.
    package func verdicts(features: ImageFeatures, columns: Int) -> [Verdict] {
        var best = [Float](repeating: 0, count: contestants.count)
        var won = [Float?](repeating: nil, count: contestants.count)
        for direction in directions(features: features, columns: columns) {
            let scores = ObjectHead.logits(of: contestants.map(\.head), direction: direction)
                .map(ObjectHead.probability)
            for (index, score) in scores.enumerated() { best[index] = max(best[index], score) }
            let firing = scores.indices.filter { scores[$0] >= contestants[$0].threshold }
            // Ties go to the first: members are in the order of names.
            guard let winner = nearest(firing, to: direction) else { continue }
            won[winner] = max(won[winner] ?? 0, scores[winner])
        }
        return best.indices.map { Verdict(score: won[$0] ?? best[$0], fired: won[$0] != nil) }
    }

    private func directions(features: ImageFeatures, columns: Int) -> [[Float]] {
        let whole = space.direction(of: features.pooled).unit
        guard columns > 1, features.map.rows > 0 else { return [whole] }
        return [whole]
            + [GridPart.left, .right].map { space.direction(of: $0.pooled(features.map, columns: columns)).unit }
    }

    private func nearest(_ firing: [Int], to direction: [Float]) -> Int? {
        guard firing.count > 1 else { return firing.first }
        let similarity = firing.map { index in
            let enrolled = contestants[index].enrolled
            return (0..<enrolled.rows).reduce(-Float.infinity) { best, row in
                max(best, DotProduct.of(space.direction(of: Array(enrolled.row(row))).unit, direction))
            }
        }
        return zip(firing, similarity).reduce(into: (index: firing[0], value: -Float.infinity)) { best, item in
            if item.1 > best.value { best = (item.0, item.1) }
        }.index
    }
}
