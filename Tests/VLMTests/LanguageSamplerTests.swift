import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct LanguageSamplerTests {
    @Test func greedyTakesTheLowestOfEquals() throws {
        var sampler = try Sampler()
        #expect(sampler.sample([0, 3, 1, 3]) == 1)
        #expect(sampler.sample([-5]) == 0)
    }

    /// The first outputs of the published algorithm for seed 1234567.
    @Test func generatorIsSplitMix64() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
    }

    @Test func drawsFollowTheDistribution() throws {
        let logits: [Float] = [1, 2, 0, -1]
        var sampler = try Sampler(temperature: 0.5, topP: 1, seed: 3)
        var counts = [0, 0, 0, 0]
        for _ in 0..<20_000 { counts[Int(sampler.sample(logits))] += 1 }
        let expected = [0.117, 0.864, 0.0158, 0.0021]
        for index in 0..<4 { #expect(abs(Double(counts[index]) / 20_000 - expected[index]) < 0.01) }
    }

    @Test func nucleusDropsTheTail() throws {
        var sampler = try Sampler(temperature: 1, topP: 0.7, seed: 9)
        // Probabilities 0.61, 0.22, 0.08, ...: the first two reach 0.7.
        let logits: [Float] = [0, 3, 2, 1, -1]
        var seen: Set<Int32> = []
        for _ in 0..<500 { seen.insert(sampler.sample(logits)) }
        #expect(seen == [1, 2])
    }

    @Test func seedsDecide() throws {
        func draws(_ seed: UInt64) throws -> [Int32] {
            var sampler = try Sampler(temperature: 2, topP: 0.95, seed: seed)
            return (0..<40).map { _ in sampler.sample([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) }
        }
        #expect(try draws(1) == draws(1))
        #expect(try draws(1) != draws(2))
    }

    @Test func badOptionsAreRefused() {
        for (temperature, topP) in [(-1, 1), (.nan, 1), (1, 0), (1, 1.5), (1, .nan)] as [(Float, Float)] {
            #expect(throws: VLMError.self) { try Sampler(temperature: temperature, topP: topP) }
        }
    }
}
