import Compute
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct RidgeClassifierTests {
    private static func directions(_ count: Int, of size: Int, seed: UInt64) -> Matrix {
        var random = TestRandom(seed: seed)
        var matrix = Matrix(rows: count, columns: size)
        for row in 0..<count {
            var values = random.floats(size)
            let norm = Self.product(values, values).squareRoot()
            for i in 0..<size { values[i] /= norm }
            for i in 0..<size { matrix[row, i] = values[i] }
        }
        return matrix
    }

    private static func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// Scores of all axes are the weights w of each output; they solve the normal equations X^T (X w - y) + lambda w = 0.
    @Test(arguments: [UInt64(1), 2, 3])
    func weightsSolveTheNormalEquations(seed: UInt64) {
        let size = 9
        let things = [3, 1, 4].enumerated().map { Self.directions($1, of: size, seed: seed * 10 + UInt64($0)) }
        let classifier = RidgeClassifier(things)
        let rows = things.flatMap { thing in (0..<thing.rows).map { Array(thing.row($0)) } }
        let shown = [0, 0, 0, 1, 2, 2, 2, 2]
        let axes = (0..<size).map { axis in (0..<size).map { Float($0 == axis ? 1 : 0) } }
        let weights = axes.map(classifier.scores)
        for thing in things.indices {
            let weight = weights.map { $0[thing] }
            let misses = zip(rows, shown).map { Self.product($0, weight) - ($1 == thing ? 1 : 0) }
            for axis in 0..<size {
                let slope = zip(rows, misses).reduce(Float(0)) { $0 + $1.0[axis] * $1.1 }
                // Single precision on sums of eight products below one.
                #expect(abs(slope + Float(RidgeClassifier.penalty) * weight[axis]) < 2e-6)
            }
        }
    }

    @Test func eachPhotoIsTakenForWhatItShows() {
        let things = (0..<5).map { Self.directions(3, of: 64, seed: 40 + UInt64($0)) }
        let classifier = RidgeClassifier(things)
        for (index, thing) in things.enumerated() {
            for row in 0..<thing.rows {
                let scores = classifier.scores(of: Array(thing.row(row)))
                #expect(scores.indices.max { scores[$0] < scores[$1] } == index)
            }
        }
    }

    @Test func beyondTheLimitAThingIsTheMeanOfItsPhotos() {
        let things = [
            Matrix(rows: 2, columns: 2, values: [1, 0, 0, 1]), Matrix(rows: 1, columns: 2, values: [0.6, -0.8]),
        ]
        let side = Float(0.5).squareRoot()
        let joined = RidgeClassifier(things, maximumRows: 2)
        let mean = RidgeClassifier([Matrix(rows: 1, columns: 2, values: [side, side]), things[1]])
        #expect(joined.scores(of: [1, 0]) == mean.scores(of: [1, 0]))
        #expect(joined.scores(of: [1, 0]) != RidgeClassifier(things).scores(of: [1, 0]))
    }

    @Test func aThingWithoutPhotosScoresNothing() {
        let scores = RidgeClassifier([Matrix(rows: 0, columns: 2), Matrix(rows: 1, columns: 2, values: [0, 1])])
            .scores(of: [0, 1])
        #expect(scores == [0, 0.5])
    }
}
