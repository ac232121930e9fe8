import Compute
import Foundation
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct ObjectHeadTests {
    @Test func softmaxOfTwoClassesIsTheLogisticForm() {
        var random = TestRandom(seed: 11)
        let weight = Matrix(rows: 2, columns: 40, values: random.floats(80))
        let bias = random.floats(2)
        let head = ObjectHead(softmaxWeight: weight, bias: bias)
        for _ in 0..<50 {
            let x = random.floats(40)
            let logits = (0..<2).map { row in
                Double(bias[row]) + zip(weight.row(row), x).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            }
            let softmax = 1 / (1 + exp(logits[0] - logits[1]))
            let probability = ObjectHead.probability(ObjectHead.logits(of: [head], direction: x)[0])
            #expect(abs(Double(probability) - softmax) < 1e-5)
        }
    }

    @Test func manyHeadsInOneProductEqualEachAlone() {
        var random = TestRandom(seed: 12)
        let heads = (0..<37).map { _ in ObjectHead(weight: random.floats(1283), bias: random.floats(1)[0]) }
        let x = random.floats(1283)
        let together = ObjectHead.logits(of: heads, direction: x)
        for (head, logit) in zip(heads, together) {
            #expect(ObjectHead.logits(of: [head], direction: x)[0].bitPattern == logit.bitPattern)
        }
    }

    @Test func heatAndBiasSumToTheLogit() {
        var random = TestRandom(seed: 13)
        let space = FeatureSpace(mean: random.floats(64))
        let map = Matrix(rows: 49, columns: 64, values: random.floats(49 * 64))
        let pooled = (0..<64).map { column in (0..<49).reduce(Float(0)) { $0 + map[$1, column] } / 49 }
        let head = ObjectHead(weight: random.floats(64), bias: 0.25)
        let (direction, norm) = space.direction(of: pooled)
        let logit = ObjectHead.logits(of: [head], direction: direction)[0]
        let heat = head.heat(map: map, space: space, norm: norm)
        #expect(abs(heat.reduce(head.bias, +) - logit) < 1e-3)
    }

    @Test func aFeatureWithoutDirectionGetsTheBias() {
        let space = FeatureSpace(mean: [1, 2, 3])
        let (direction, norm) = space.direction(of: [1, 2, 3])
        #expect(norm == 0)
        #expect(ObjectHead.logits(of: [ObjectHead(weight: [4, 5, 6], bias: -1)], direction: direction) == [-1])
    }

    @Test func thresholdKeepsTheFalsePositiveRateAndTheGap() {
        var random = TestRandom(seed: 14)
        func unit(_ base: [Double], _ noise: Double) -> [Double] {
            let x = base.map { $0 + noise * random.normal() }
            let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return x.map { $0 / norm }
        }
        let centre = unit([Double](repeating: 0, count: 64), 1)
        let photos = (0..<4).map { _ in
            let photo = unit(centre, 0.08)
            return [photo] + (0..<4).map { _ in unit(photo, 0.02) }
        }
        let negatives = (0..<400).map { _ in unit([Double](repeating: 0, count: 64), 1) }
        let result = ObjectHeadTrainer.train(photos: photos, negatives: negatives)
        #expect(result.heldOutRecall == 1)
        #expect(result.heldOutFalsePositives <= ObjectHeadTrainer.falsePositiveRate(photos: 4))
        let unseen = (0..<50).map { _ in unit(centre, 0.08).map(Float.init) }
        let scores = unseen.map {
            ObjectHead.probability(ObjectHead.logits(of: [result.head], direction: $0)[0])
        }
        #expect(scores.filter { $0 >= ObjectHead.threshold }.count >= 47)
    }
}
