import Compute
import Testing
import VLM

/// The decoder against transformers, on tiny random models with grouped, single and plain key heads.
@Suite(.timeLimit(.minutes(10))) struct LanguageParityTests {
    @Test(arguments: LanguageFixture.seeds)
    func logitsEqualTransformers(seed: Int) throws {
        let fixture = try LanguageFixture(seed: seed)
        let model = try fixture.model()
        let rows = try fixture.file.matrix("rows")
        let logits = try model.logits(of: rows, after: nil, last: rows.rows)
        #expect(relativeError(logits.values, try fixture.file.floats("logits")) < 1e-5)
    }

    @Test(arguments: LanguageFixture.seeds)
    func greedyTokensEqualTransformers(seed: Int) throws {
        let fixture = try LanguageFixture(seed: seed)
        let model = try fixture.model()
        let expected = fixture.numbers.greedy
        let sequence = try model.begin(try fixture.file.matrix("rows"), after: nil, capacity: expected.count)
        var said = [Sampler.greedy(sequence.logits)]
        while said.count < expected.count {
            try model.step([sequence], tokens: [said[said.count - 1]])
            said.append(Sampler.greedy(sequence.logits))
        }
        #expect(said == expected)
    }

    @Test(arguments: LanguageFixture.seeds)
    func lossAndGradientEqualTransformers(seed: Int) throws {
        let fixture = try LanguageFixture(seed: seed)
        let model = try fixture.model()
        let samples = try fixture.samples(model)
        let concept = try fixture.file.matrix("concept")
        let lambda = fixture.numbers.lambda
        let cases: [(String, AttentionRegularizer, LanguageFixture.Numbers.Loss)] = [
            ("none", AttentionRegularizer(weight: 0, direction: .row), fixture.numbers.none),
            ("row", AttentionRegularizer(weight: lambda, direction: .row), fixture.numbers.row),
            ("column", AttentionRegularizer(weight: lambda, direction: .column), fixture.numbers.column),
        ]
        for (name, regularizer, expected) in cases {
            let loss = try model.loss(of: samples, concept: concept, regularizer: regularizer)
            #expect(abs(loss.crossEntropy - expected.cross_entropy) < 1e-5 * expected.cross_entropy, "\(name)")
            #expect(
                abs(loss.regularization - expected.regularization) <= 1e-5 * expected.regularization, "\(name)")
            let error = relativeError(loss.gradient.values, try fixture.file.floats("gradient.\(name)"))
            #expect(error < 1e-4, "\(name): \(error)")
        }
    }

    /// bf16 keeps 8 bits: close, not equal; and the arithmetic is the same, so decoding still is bit-equal.
    @Test(arguments: LanguageFixture.seeds)
    func halvedWeightsStayClose(seed: Int) throws {
        let fixture = try LanguageFixture(seed: seed)
        let model = try fixture.model(storage: .bfloat16)
        let rows = try fixture.file.matrix("rows")
        let logits = try model.logits(of: rows, after: nil, last: rows.rows)
        let error = relativeError(logits.values, try fixture.file.floats("logits"))
        #expect(error > 1e-5 && error < 0.03, "\(error)")
    }
}
