import Compute
import Foundations
import Testing
import VLM

/// A sequence's numbers do not depend on its neighbours, on how it was cut, or on the number of threads.
@Suite(.timeLimit(.minutes(10))) struct LanguageBatchTests {
    private let fixture: LanguageFixture
    private let model: LlamaModel

    init() throws {
        fixture = try LanguageFixture(seed: 1)
        model = try fixture.model()
    }

    private func rows(_ count: Int, seed: UInt64) -> Matrix {
        var generator = SplitMix64(seed: seed)
        let values = (0..<count * model.configuration.hiddenSize).map { _ in Float(generator.unit() * 4 - 2) }
        return Matrix(rows: count, columns: model.configuration.hiddenSize, values: values)
    }

    /// Four tokens after prefixes and prompts of different lengths.
    private func begin(_ index: Int, _ prefixes: [KeyValuePrefix]) throws -> LlamaSequence {
        let prefix = index % 3 == 2 ? nil : prefixes[index % 3]
        return try model.begin(rows(1 + index % 4, seed: UInt64(index) + 50), after: prefix, capacity: 4)
    }

    @Test(arguments: 1...9)
    func batchesEqualSingles(size: Int) throws {
        let prefixes = [try model.prefix(of: rows(7, seed: 1)), try model.prefix(of: rows(12, seed: 2))]
        let together = try (0..<size).map { try begin($0, prefixes) }
        for step in 0..<4 {
            try model.step(together, tokens: together.indices.map { Int32(($0 * 7 + step * 3) % 60) })
        }
        for index in 0..<size {
            let alone = try begin(index, prefixes)
            for step in 0..<4 { try model.step([alone], tokens: [Int32((index * 7 + step * 3) % 60)]) }
            #expect(alone.logits == together[index].logits)
        }
    }

    @Test func cutsChangeNothing() throws {
        let all = rows(30, seed: 3)
        func part(_ range: Range<Int>) -> Matrix {
            Matrix(rows: range.count, columns: all.columns, values: Array(range.flatMap { all.row($0) }))
        }
        let whole = try model.begin(all, after: nil, capacity: 0)
        let first = try model.prefix(of: part(0..<11))
        let second = try model.prefix(of: part(11..<13), after: first)
        let cut = try model.begin(part(13..<30), after: second, capacity: 0)
        #expect(cut.logits == whole.logits)
        #expect(cut.count == 30 && second.count == 13 && first.count == 11)
    }

    @Test func decodingEqualsPrefilling() throws {
        let tokens: [Int32] = [4, 9, 33, 0, 66]
        let whole = try model.begin(try model.embeddings(of: tokens), after: nil, capacity: 0)
        let stepped = try model.begin(try model.embeddings(of: [4]), after: nil, capacity: 4)
        for token in tokens.dropFirst() { try model.step([stepped], tokens: [token]) }
        #expect(stepped.logits == whole.logits)
    }

    /// Concepts with different rows, prefixes, prompts and regularisers, trained in one pass over the weights.
    @Test(arguments: [Weight.Storage.float32, .bfloat16])
    func concurrentTrainingsEqualEachAlone(storage: Weight.Storage) throws {
        let model = try fixture.model(storage: storage)
        let prefixes = [try model.prefix(of: rows(7, seed: 1)), try model.prefix(of: rows(12, seed: 2))]
        var batches: [LlamaConceptBatch] = []
        for index in 0..<4 {
            var samples: [LlamaTrainingSample] = []
            for sample in 0...index {
                let length = 2 + (index * 5 + sample) % 7
                let target = (0..<length).map { Int32(10 + $0 * 3) }
                samples.append(
                    LlamaTrainingSample(
                        prefix: prefixes[(index + sample) % 2], conceptNorm: 1.5 + Float(sample),
                        prompt: Array([3, 5, 8].prefix(1 + sample % 3)), target: target))
            }
            let regularizer = AttentionRegularizer(
                weight: Float(index) * 0.3, direction: index % 2 == 0 ? .row : .column)
            batches.append(
                LlamaConceptBatch(
                    samples: samples, concept: rows(1 + index % 3, seed: UInt64(90 + index)), regularizer: regularizer))
        }
        let together = try model.losses(of: batches)
        let evaluated = try model.crossEntropies(of: batches)
        for (index, batch) in batches.enumerated() {
            let alone = try model.loss(of: batch.samples, concept: batch.concept, regularizer: batch.regularizer)
            #expect(alone.crossEntropy.bitPattern == together[index].crossEntropy.bitPattern)
            #expect(alone.regularization.bitPattern == together[index].regularization.bitPattern)
            #expect(alone.gradient == together[index].gradient)
            #expect(evaluated[index].bitPattern == alone.crossEntropy.bitPattern, "without a backward pass")
            #expect(alone.regularization > 0 || index == 0)
        }
        #expect(try model.losses(of: []).isEmpty && model.crossEntropies(of: []).isEmpty)
    }

    @Test func concurrentCallsAgree() async throws {
        let prefix = try model.prefix(of: rows(9, seed: 5))
        let model = model
        let input = rows(5, seed: 6)
        let expected = try model.logits(of: input, after: prefix, last: 5)
        try await withThrowingTaskGroup(of: Matrix.self) { group in
            for _ in 0..<16 { group.addTask { try model.logits(of: input, after: prefix, last: 5) } }
            for try await logits in group { #expect(logits == expected) }
        }
    }

    @Test func limitsAreErrorsThatChangeNothing() throws {
        let sequence = try model.begin(rows(2, seed: 7), after: nil, capacity: 1)
        let before = sequence.logits
        let cases: [(VLMError.Code, () throws -> Void)] = [
            (.invalidArgument, { try model.step([sequence], tokens: [67]) }),
            (.invalidArgument, { try model.step([sequence], tokens: [-1]) }),
            (.invalidArgument, { try model.step([sequence], tokens: []) }),
            (.invalidArgument, { try model.step([sequence, sequence], tokens: [1, 2]) }),
            (.invalidArgument, { _ = try model.begin(rows(0, seed: 1), after: nil, capacity: 1) }),
            (.contextOverflow, { _ = try model.begin(rows(2, seed: 1), after: nil, capacity: 127) }),
            (.contextOverflow, { _ = try model.begin(rows(2, seed: 1), after: nil, capacity: .max) }),
            (.contextOverflow, { _ = try model.prefix(of: rows(129, seed: 1)) }),
        ]
        for (code, body) in cases {
            let error = #expect(throws: VLMError.self) { try body() }
            #expect(error?.code == code)
        }
        #expect(sequence.logits == before && sequence.count == 2)
        try model.step([sequence], tokens: [1])
        let error = #expect(throws: VLMError.self) { try model.step([sequence], tokens: [1]) }
        #expect(error?.code == .contextOverflow)
        #expect(sequence.count == 3)
    }
}
