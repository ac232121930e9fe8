import Compute
import Runtime
import Testing
import VLM

/// Packing changes no bit: heads, faces and heat are compared with the formulas written out, one head at a time.
@Suite(.timeLimit(.minutes(10))) struct PackedHeadsTests {
    private let features = 83
    private let space: FeatureSpace
    private var random = TestRandom(seed: 71)

    init() { space = FeatureSpace(mean: random.floats(83).map { $0 * 0.2 }) }

    private mutating func picture(like things: [[Float]]) -> ImageFeatures {
        // Two things in a grid of 7 x 7, with noise.
        var map = Matrix(rows: 49, columns: features)
        for cell in 0..<49 {
            let thing = things[cell % 7 < 4 ? 0 : things.count - 1]
            let noise = random.floats(features)
            for i in 0..<features { map[cell, i] = space.mean[i] + thing[i] + 0.8 * noise[i] }
        }
        let pooled = (0..<features).map { column in (0..<49).reduce(Float(0)) { $0 + map[$1, column] } / 49 }
        return ImageFeatures(
            pooled: pooled, map: map, visualTokens: Matrix(rows: 0, columns: 0, values: []), tags: [])
    }

    /// The contest as one would write it without packing.
    private func plain(
        _ heads: [(head: ObjectHead, enrolled: Matrix)], _ picture: ImageFeatures
    ) -> [(score: Float, fired: Bool, fought: Bool, heat: [Float])] {
        let whole = space.direction(of: picture.pooled)
        let directions =
            [whole.unit]
            + [GridPart.left, .right].map { space.direction(of: $0.pooled(picture.map, columns: 7)).unit }
        let ridge = ridge(heads.map(\.enrolled))
        var best = [Float](repeating: 0, count: heads.count)
        var (won, lost) = (Set<Int>(), Set<Int>())
        for direction in directions {
            var scores = heads.map {
                ObjectHead.probability(ObjectHead.logits(of: [$0.head], direction: direction)[0])
            }
            let firing = scores.indices.filter { scores[$0] >= ObjectHead.threshold }
            let winner = firing.max { product(ridge[$0], direction) < product(ridge[$1], direction) }
            for loser in firing where loser != winner {
                scores[loser] *= 1 - (winner.map { scores[$0] } ?? 0)
                lost.insert(loser)
            }
            if let winner { won.insert(winner) }
            for index in heads.indices { best[index] = max(best[index], scores[index]) }
        }
        return heads.indices.map { index in
            (
                best[index], won.contains(index), lost.contains(index) && !won.contains(index),
                heads[index].head.heat(map: picture.map, space: space, norm: whole.norm)
            )
        }
    }

    private func product(_ weight: [Double], _ direction: [Float]) -> Double {
        zip(weight, direction).reduce(0) { $0 + $1.0 * Double($1.1) }
    }

    /// Ridge regression's weights, `[things][features]`, by the normal equations (X^T X + lambda I) w = X^T y, where the
    /// contest solves for photos.
    private func ridge(_ enrolled: [Matrix]) -> [[Double]] {
        let photos = enrolled.enumerated().flatMap { thing, photos in
            (0..<photos.rows).map { row in
                (thing: thing, unit: space.direction(of: Array(photos.row(row))).unit.map(Double.init))
            }
        }
        var rows = (0..<features).map { row in
            let known = (0..<features).map { column in
                photos.reduce(row == column ? RidgeClassifier.penalty : 0) { $0 + $1.unit[row] * $1.unit[column] }
            }
            let shown = enrolled.indices.map { thing in
                photos.reduce(0.0) { $0 + ($1.thing == thing ? $1.unit[row] : 0) }
            }
            return known + shown
        }
        // Gauss and Jordan; the matrix is positive definite, so no pivot vanishes.
        for pivot in 0..<features {
            let own = rows[pivot].map { $0 / rows[pivot][pivot] }
            rows[pivot] = own
            for row in 0..<features where row != pivot {
                let factor = rows[row][pivot]
                for column in pivot..<own.count { rows[row][column] -= factor * own[column] }
            }
        }
        return enrolled.indices.map { thing in rows.map { $0[features + thing] } }
    }

    @Test mutating func aPackedContestEqualsEachHeadAlone() {
        var things: [[Float]] = []
        for index in 0..<9 {
            // Neighbours look alike, so that some parts are fought for.
            let own = random.floats(features)
            things.append(index % 3 == 0 ? own : zip(things[index - 1], own).map { 0.9 * $0 + 0.4 * $1 })
        }
        let heads = things.map { thing in
            let photos = (0..<4).flatMap { _ in
                zip(zip(space.mean, thing), random.floats(features)).map { $0.0 + $0.1 + 0.3 * $1 }
            }
            let unit = space.direction(of: zip(space.mean, thing).map { $0 + $1 }).unit
            return (
                head: ObjectHead(weight: unit.map { $0 * 9 }, bias: -4),
                enrolled: Matrix(rows: 4, columns: features, values: photos)
            )
        }
        let contest = ObjectContest(
            contestants: heads.map { .init(head: $0.head, directions: space.unitRows(of: $0.enrolled)) }, space: space)
        var fought = 0
        for first in 0..<9 {
            let picture = picture(like: [things[first], things[(first * 2 + 1) % 9]])
            let expected = plain(heads, picture)
            let decisions = contest.decisions(features: picture, columns: 7)
            #expect(decisions.map(\.score.bitPattern) == expected.map(\.score.bitPattern))
            #expect(decisions.map(\.fired) == expected.map(\.fired))
            #expect(decisions.map { $0.heat.map(\.bitPattern) } == expected.map { $0.heat.map(\.bitPattern) })
            #expect(decisions.allSatisfy { ($0.score >= ObjectHead.threshold) == $0.fired })
            fought += expected.filter(\.fought).count
        }
        #expect(fought > 0, "no part was fought for: the test shows nothing")
        #expect(
            ObjectContest(contestants: [], space: space).decisions(features: picture(like: things), columns: 7).isEmpty)
    }

    @Test mutating func aGalleryEqualsEachPersonAlone() {
        let heads = [3, 1, 0, 4].map { keys in
            PersonHead(keys: Matrix(rows: keys, columns: 128, values: random.floats(keys * 128).map { $0 * 0.05 }))
        }
        let faces = (0..<3).map { _ in random.floats(128).map { $0 * 0.05 } }
        let thresholds: [Float] = [0.9, 0.7, 0.6, 0.8]
        let gallery = FaceGallery(heads: heads, thresholds: thresholds)
        let alone = heads.map { head in faces.map { head.distance(to: $0) } }
        #expect(gallery.distances(to: faces).map { $0.map(\.bitPattern) } == alone.map { $0.map(\.bitPattern) })
        let matches = gallery.matches(faces)
        #expect(matches.map(\.face) == FaceMatching.oneToOne(distances: alone, thresholds: thresholds))
        #expect(matches.contains { $0.face != nil } && matches[2].face == nil)
        #expect(gallery.matches([]).allSatisfy { $0.face == nil && $0.distance == .infinity })
    }
}
