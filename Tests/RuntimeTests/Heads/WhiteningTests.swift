import Compute
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct WhiteningTests {
    private let size = 24

    /// Features that vary a hundred times more in some directions than in others, and whose entries hang together.
    private func bank(_ rows: Int, seed: UInt64) throws -> NegativeFeatures {
        var random = TestRandom(seed: seed)
        let mean = random.floats(size)
        let mix = (0..<size).map { _ in random.floats(size) }
        let values = (0..<rows).flatMap { _ -> [Float] in
            let own = random.floats(size).enumerated().map { $1 * ($0 < 4 ? 3 : 0.03) }
            return (0..<size).map { row in mean[row] + zip(mix[row], own).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
        }
        let features = Matrix(rows: rows, columns: size, values: values)
        let centre = (0..<size).map { column in
            (0..<rows).reduce(Float(0)) { $0 + features[$1, column] } / Float(rows)
        }
        return try NegativeFeatures(features: features, mean: centre)
    }

    private func centred(_ bank: NegativeFeatures) -> [[Float]] {
        (0..<bank.features.rows).map { row in zip(bank.features.row(row), bank.mean).map { $0 - $1 } }
    }

    /// (1 - s) of the whitened features' covariance and what stands in for the rest give the identity: the traces say so
    /// without knowing which root was taken.
    @Test(arguments: [1, 2, 3]) func theCovarianceItStandsForBecomesTheIdentity(_ seed: UInt64) throws {
        let bank = try bank(200, seed: seed)
        let whitening = try #require(Whitening(features: bank.features, mean: bank.mean))
        let rows = centred(bank)
        let variance = rows.reduce(Float(0)) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / Float(rows.count)
        let floor = Float(Whitening.shrinkage) * variance / Float(size)
        let white = rows.map { whitening($0) }
        let axes = (0..<size).map { axis in
            whitening((0..<size).map { $0 == axis ? floor.squareRoot() : 0 })
        }
        for one in 0..<size {
            for other in 0..<size {
                let data = white.reduce(Float(0)) { $0 + $1[one] * $1[other] } / Float(rows.count)
                let rest = axes.reduce(Float(0)) { $0 + $1[one] * $1[other] }
                let sum = (1 - Float(Whitening.shrinkage)) * data + rest
                #expect(abs(sum - (one == other ? 1 : 0)) < 1e-3, "\(one), \(other): \(sum)")
            }
        }
    }

    @Test func theDualSaysOfFeaturesWhatTheWeightSaysOfWhitenedOnes() throws {
        let bank = try bank(150, seed: 4)
        let whitening = try #require(Whitening(features: bank.features, mean: bank.mean))
        var random = TestRandom(seed: 5)
        let weight = random.floats(size)
        let dual = whitening.dual(of: weight)
        for row in centred(bank).prefix(20) {
            let white = zip(whitening(row), weight).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            let plain = zip(row, dual).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            #expect(abs(white - plain) < 1e-3 * max(1, abs(white)))
        }
    }

    @Test func heatAndBiasSumToTheLogitInAWhitenedSpace() throws {
        let space = FeatureSpace(of: try bank(150, seed: 6))
        var random = TestRandom(seed: 7)
        let map = Matrix(rows: 49, columns: size, values: random.floats(49 * size))
        let pooled = (0..<size).map { column in (0..<49).reduce(Float(0)) { $0 + map[$1, column] } / 49 }
        let head = ObjectHead(weight: random.floats(size), bias: 0.25)
        let (direction, norm) = space.direction(of: pooled)
        let logit = ObjectHead.logits(of: [head], direction: direction)[0]
        #expect(abs(head.heat(map: map, space: space, norm: norm).reduce(head.bias, +) - logit) < 1e-3)
    }

    @Test func smallAndConstantBanksWhitenNothing() throws {
        let small = try bank(Whitening.least - 1, seed: 8)
        #expect(Whitening(features: small.features, mean: small.mean) == nil)
        let (direction, _) = FeatureSpace(of: small).direction(of: Array(small.features.row(0)))
        #expect(direction == FeatureSpace(mean: small.mean).direction(of: Array(small.features.row(0))).unit)
        let constant = Matrix(rows: 120, columns: 2, values: [Float](repeating: 1, count: 240))
        #expect(Whitening(features: constant, mean: [1, 1]) == nil)
    }
}
