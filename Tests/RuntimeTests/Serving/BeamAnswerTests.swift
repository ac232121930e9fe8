import Foundation
import Runtime
import Testing
import VLM
import WaitingTestSupport

/// Searches run in the batch that everybody shares.
@Suite(.timeLimit(.minutes(10))) struct BeamAnswerTests {
    private let picture = TinyHouse.picture(of: 2_000_001, view: 0)

    private func search(_ beams: Int, tokens: Int = 12, penalty: Float = 1) throws -> Sampling {
        Sampling(maximumTokens: tokens, search: try BeamSearch(beams: beams, lengthPenalty: penalty))
    }

    private func byHand(_ model: any FrozenVLM & BranchingModel, beams: Int, tokens: Int) throws -> String {
        let start = try model.begin(
            prefix: try model.prefix(for: try model.features(of: picture)), concepts: [],
            prompt: try model.promptTokens(for: .caption(names: [])), capacity: tokens)
        let said = try BeamSearch(beams: beams).tokens(of: model, after: start, maximumTokens: tokens)
        var assembler = TextAssembler()
        _ = assembler.append(said.flatMap { model.bytes(of: $0) })
        _ = assembler.finish()
        return assembler.text
    }

    @Test func oneBeamIsTheGreedyAnswer() async throws {
        let house = try TinyHouse()
        let greedy = try await house.caption(picture, sampling: Sampling(maximumTokens: 12))
        let searched = try await house.caption(picture, sampling: search(1))
        #expect(searched.text == greedy.text && searched.finish == greedy.finish)
        #expect(searched.timings.tokens == greedy.timings.tokens)
    }

    /// Alone, and among answers of others that come and go meanwhile.
    @Test func whoElseIsInTheBatchChangesNothing() async throws {
        let house = try TinyHouse()
        let expected = try byHand(house.model, beams: 5, tokens: 12)
        #expect(try await house.caption(picture, sampling: search(5)).text == expected)
        let others = (0..<6).map { TinyHouse.picture(of: 2_000_100 + $0, view: 0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, other) in others.enumerated() {
                group.addTask {
                    let sampling = Sampling(temperature: 1, seed: UInt64(index), maximumTokens: 4 + index * 3)
                    _ = try await house.caption(other, sampling: sampling)
                }
                group.addTask {
                    let text = try await house.caption(picture, sampling: search(5)).text
                    #expect(text == expected)
                }
            }
            try await group.waitForAll()
        }
        try await eventually("all have left") { await house.vlm.statistics().running == 0 }
    }

    /// What a search finds is at least as likely as what greedy choice finds, by the model's own numbers.
    @Test func aSearchFindsNothingLessLikely() throws {
        let model = try TinyHouse().model
        func logProbability(_ tokens: [Int32]) throws -> Double {
            let state = try model.begin(
                prefix: try model.prefix(for: try model.features(of: picture)), concepts: [],
                prompt: try model.promptTokens(for: .caption(names: [])), capacity: tokens.count)
            var sum = 0.0
            for token in tokens {
                let top = Double(state.logits.max() ?? 0)
                let total = state.logits.reduce(0.0) { $0 + exp(Double($1) - top) }
                sum += Double(state.logits[Int(token)]) - top - log(total)
                try model.step([state], tokens: [token])
            }
            return sum
        }
        func found(_ beams: Int) throws -> [Int32] {
            let start = try model.begin(
                prefix: try model.prefix(for: try model.features(of: picture)), concepts: [],
                prompt: try model.promptTokens(for: .caption(names: [])), capacity: 6)
            return try BeamSearch(beams: beams).tokens(of: model, after: start, maximumTokens: 6)
        }
        let (greedy, searched) = (try found(1), try found(16))
        try #require(greedy.count == 6 && searched.count == 6, "an answer ended early: the sums are of unequal lengths")
        #expect(try logProbability(searched) >= logProbability(greedy) - 1e-4)
    }

    @Test func aSearchThatDrawsOrIsTooWideIsRefused() async throws {
        let house = try TinyHouse()
        var drawing = try search(2)
        drawing.temperature = 1
        for sampling in [drawing, try search(16)] {
            await #expect {
                try await house.caption(picture, sampling: sampling)
            } throws: {
                ($0 as? RuntimeError)?.code == .invalidArgument
            }
        }
    }

    /// A copy goes its own way: neither is changed by the other's steps.
    @Test func aCopyOfAnAnswerIsIndependent() throws {
        let model = try TinyHouse().model
        let one = try model.begin(
            prefix: try model.prefix(for: try model.features(of: picture)), concepts: [],
            prompt: try model.promptTokens(for: .caption(names: [])), capacity: 4)
        try model.step([one], tokens: [65])
        let other = try model.copy(one)
        #expect(other.logits == one.logits && other.count == one.count)
        try model.step([one], tokens: [66])
        try model.step([other], tokens: [67])
        let again = try model.begin(
            prefix: try model.prefix(for: try model.features(of: picture)), concepts: [],
            prompt: try model.promptTokens(for: .caption(names: [])), capacity: 4)
        try model.step([again], tokens: [65])
        try model.step([again], tokens: [67])
        #expect(again.logits == other.logits && again.logits != one.logits)
    }
}
