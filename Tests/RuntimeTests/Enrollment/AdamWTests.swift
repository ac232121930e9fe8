import Compute
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct AdamWTests {
    /// torch.optim.AdamW([1, -2], lr=0.1, weight_decay=0.01), gradients (0.5, -1), then (0.25, 2): PyTorch 2.
    @Test func firstStepMovesByTheLearningRate() {
        var parameters = Matrix(rows: 1, columns: 2, values: [1, -2])
        var optimizer = AdamW(count: 2, learningRate: 0.1, weightDecay: 0.01)
        optimizer.update(&parameters, gradient: Matrix(rows: 1, columns: 2, values: [0.5, -1]))
        #expect(abs(parameters.values[0] - (1 - 0.001 - 0.1)) < 1e-6)
        #expect(abs(parameters.values[1] - (-2 + 0.002 + 0.1)) < 1e-6)
        optimizer.update(&parameters, gradient: Matrix(rows: 1, columns: 2, values: [0.25, 2]))
        for (found, expected) in zip(parameters.values, AdamWTests.second) { #expect(abs(found - expected) < 2e-6) }
    }

    static let second: [Float] = [0.804_883_1, -1.932_712_4]

    @Test func clippingKeepsTheDirection() {
        let gradient = Matrix(rows: 1, columns: 2, values: [3, 4])
        let clipped = AdamW.clipped(gradient, to: 0.05).values
        #expect(abs(clipped[0] - 0.03) < 1e-7 && abs(clipped[1] - 0.04) < 1e-7)
        #expect(AdamW.clipped(gradient, to: 6) == gradient)
        #expect(AdamW.clipped(gradient, to: 0) == gradient)
    }
}
