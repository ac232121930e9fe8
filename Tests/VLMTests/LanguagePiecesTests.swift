import Compute
import Foundations
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct LanguagePiecesTests {
    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var generator = SplitMix64(seed: seed)
        return Matrix(
            rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(generator.unit() * 2 - 1) })
    }

    @Test func rescaledRowsHaveTheNorm() {
        var rows = random(3, 5, seed: 1)
        for column in 0..<5 { rows[1, column] = 0 }
        let result = ConceptRow.rescaled(rows, to: 2.5)
        for row in [0, 2] {
            let norm = result.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(norm - 2.5) < 1e-5)
        }
        #expect(result.row(1).allSatisfy { $0 == 0 })
    }

    @Test func rescalingHasTheGradientOfFiniteDifferences() {
        let rows = random(2, 6, seed: 2)
        let weights = random(2, 6, seed: 3)
        func value(_ rows: Matrix) -> Double {
            zip(ConceptRow.rescaled(rows, to: 3).values, weights.values).reduce(0) {
                $0 + Double($1.0) * Double($1.1)
            }
        }
        let gradient = ConceptRow.rescaledBackward(rows, to: 3, gradient: weights)
        for index in rows.values.indices {
            var up = rows
            var down = rows
            up.values[index] += 1e-2
            down.values[index] -= 1e-2
            #expect(abs((value(up) - value(down)) / 2e-2 - Double(gradient.values[index])) < 3e-3)
        }
    }

    @Test func lowRankUpdatesAreAdded() throws {
        let factors = try LowRankFactors(a: random(2, 5, seed: 4), b: random(3, 2, seed: 5), scale: 0.5)
        var weight = random(3, 5, seed: 6).values
        let before = weight
        try factors.merge(into: &weight)
        for output in 0..<3 {
            for input in 0..<5 {
                let update = (0..<2).reduce(Float(0)) { $0 + factors.b[output, $1] * factors.a[$1, input] }
                #expect(abs(weight[output * 5 + input] - before[output * 5 + input] - 0.5 * update) < 1e-6)
            }
        }
        #expect(throws: VLMError.self) {
            try LowRankFactors(a: random(2, 5, seed: 1), b: random(3, 3, seed: 1), scale: 1)
        }
        var short: [Float] = [1]
        #expect(throws: VLMError.self) { try factors.merge(into: &short) }
    }

    @Test func incompleteWeightsAreRefused() throws {
        let fixture = try LanguageFixture(seed: 1)
        for broken in [LlamaTensor.down(1), .finalNorm, .embedding] {
            let error = #expect(throws: VLMError.self) {
                try LlamaWeights(configuration: fixture.configuration) { tensor in
                    let values = try fixture.file.floats("weights." + LanguageFixture.name(of: tensor))
                    return tensor == broken ? nil : values
                }
            }
            #expect(error?.code == .checkpointMalformed)
        }
        var configuration = fixture.configuration
        configuration.headSize = 12
        let error = #expect(throws: VLMError.self) { try LlamaWeights(configuration: configuration) { _ in [] } }
        #expect(error?.code == .unsupported)
    }
}
