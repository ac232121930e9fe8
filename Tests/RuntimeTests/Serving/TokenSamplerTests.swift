import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct TokenSamplerTests {
    @Test func greedyTakesTheLowestOfEquals() throws {
        var sampler = try TokenSampler(Sampling())
        #expect(sampler.sample([0, 3, 1, 3]) == 1)
    }

    @Test func sameSeedSaysTheSame() throws {
        let logits: [Float] = [1, 2, 3, 2.5]
        func draws(_ seed: UInt64) throws -> [Int32] {
            var sampler = try TokenSampler(Sampling(temperature: 1, seed: seed))
            return (0..<50).map { _ in sampler.sample(logits) }
        }
        #expect(try draws(5) == draws(5))
        #expect(try draws(5) != draws(6))
    }

    @Test func drawsFollowTheProbabilities() throws {
        var sampler = try TokenSampler(Sampling(temperature: 1, seed: 7))
        let draws = (0..<20_000).map { _ in sampler.sample([0, 1]) }
        let share = Double(draws.filter { $0 == 1 }.count) / 20_000
        #expect(abs(share - 0.7310586) < 0.015)
    }

    @Test func aSmallNucleusIsGreedy() throws {
        var sampler = try TokenSampler(Sampling(temperature: 1, topP: 0.01, seed: 8))
        #expect((0..<100).allSatisfy { _ in sampler.sample([0, 0.1, 0]) == 1 })
    }

    @Test func optionsOutsideTheirRangeAreNamed() {
        for sampling in [
            Sampling(temperature: -1), Sampling(temperature: .nan), Sampling(topP: 0), Sampling(topP: 1.5),
        ] {
            #expect { try TokenSampler(sampling) } throws: { ($0 as? RuntimeError)?.code == .invalidArgument }
        }
    }
}
