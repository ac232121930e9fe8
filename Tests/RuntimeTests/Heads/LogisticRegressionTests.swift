import Foundation
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct LogisticRegressionTests {
    private static func rows(_ count: Int, shift: Double, seed: UInt64) -> [[Double]] {
        var random = TestRandom(seed: seed)
        return (0..<count).map { _ in (0..<6).map { $0 == 0 ? random.normal() + shift : random.normal() } }
    }

    @Test func gradientMatchesFiniteDifferences() {
        let rows = Self.rows(5, shift: 1, seed: 1) + Self.rows(9, shift: -1, seed: 2)
        var random = TestRandom(seed: 3)
        let point = (0..<7).map { _ in random.normal() }
        var gradient = [Double](repeating: 0, count: 7)
        var unused = gradient
        let shares = LogisticRegression.shares(positives: 5, negatives: 6, hard: 3)
        _ = LogisticRegression.objective(point, rows: rows, shares: shares, penalty: 0.1, gradient: &gradient)
        for i in 0..<7 {
            var up = point
            var down = point
            up[i] += 1e-5
            down[i] -= 1e-5
            let slope =
                (LogisticRegression.objective(up, rows: rows, shares: shares, penalty: 0.1, gradient: &unused)
                    - LogisticRegression.objective(down, rows: rows, shares: shares, penalty: 0.1, gradient: &unused))
                / 2e-5
            #expect(abs(slope - gradient[i]) < 1e-8)
        }
    }

    @Test func reachesTheOptimumFromAnywhere() {
        let positives = Self.rows(12, shift: 1, seed: 4)
        let negatives = Self.rows(40, shift: -1, seed: 5)
        let head = LogisticRegression.train(positives: positives, negatives: negatives, penalty: 1e-2)
        var gradient = [Double](repeating: 0, count: 7)
        _ = LogisticRegression.objective(
            head.weight + [head.bias], rows: positives + negatives,
            shares: LogisticRegression.shares(positives: 12, negatives: 40), penalty: 1e-2, gradient: &gradient)
        #expect(gradient.allSatisfy { abs($0) < 1e-6 })
        let far = LogisticRegression(weight: [Double](repeating: 5, count: 6), bias: -7)
        let again = LogisticRegression.train(
            positives: positives, negatives: negatives, penalty: 1e-2, start: far)
        for (a, b) in zip(head.weight + [head.bias], again.weight + [again.bias]) { #expect(abs(a - b) < 1e-4) }
    }

    /// One positive at +1 and one negative at -1 on a line: by symmetry b = 0 and w solves lambda w = logistic(-w).
    @Test func matchesTheKnownOptimumOfTwoPoints() {
        let head = LogisticRegression.train(positives: [[1]], negatives: [[-1]], penalty: 0.1)
        #expect(abs(head.bias) < 1e-7)
        #expect(abs(0.1 * head.weight[0] - 1 / (1 + exp(head.weight[0]))) < 1e-7)
    }

    /// Ten copies of every negative change nothing: the classes are balanced.
    @Test func classesWeighTheSame() {
        let positives = Self.rows(4, shift: 1, seed: 6)
        let negatives = Self.rows(8, shift: -1, seed: 7)
        let once = LogisticRegression.train(positives: positives, negatives: negatives, penalty: 1e-2)
        let many = LogisticRegression.train(
            positives: positives, negatives: (0..<10).flatMap { _ in negatives }, penalty: 1e-2)
        for (a, b) in zip(once.weight, many.weight) { #expect(abs(a - b) < 1e-5) }
    }

    /// A few hard negatives weigh as much as many everyday ones, however often each is repeated.
    @Test func groupsOfNegativesWeighTheSame() {
        let positives = Self.rows(4, shift: 1, seed: 8)
        let negatives = Self.rows(30, shift: -1, seed: 9)
        let hard = Self.rows(3, shift: 0, seed: 10)
        #expect(abs(LogisticRegression.shares(positives: 4, negatives: 30, hard: 3).reduce(0, +)) < 1e-12)
        let once = LogisticRegression.train(positives: positives, negatives: negatives, hard: hard, penalty: 1e-2)
        let many = LogisticRegression.train(
            positives: positives, negatives: negatives, hard: hard + hard + hard, penalty: 1e-2)
        for (a, b) in zip(once.weight, many.weight) { #expect(abs(a - b) < 1e-5) }
        let alone = LogisticRegression.train(positives: positives, negatives: negatives + hard, penalty: 1e-2)
        let meanLogit = { (head: LogisticRegression) in hard.map(head.logit).reduce(0, +) }
        #expect(meanLogit(once) < meanLogit(alone) - 1e-3)
    }
}
