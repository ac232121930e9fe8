import Foundations
import Testing

@Suite(.timeLimit(.minutes(10))) struct SplitMix64Tests {
    /// The first outputs of the published algorithm for seed 1234567.
    @Test func theNumbersAreThoseOfTheAlgorithm() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
    }

    @Test func drawsStayInTheirRange() {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<10_000 {
            #expect((0..<1).contains(generator.unit()))
            #expect((-2..<3).contains(generator.uniform(-2, 3)))
            #expect((0..<7).contains(generator.index(below: 7)))
        }
        #expect(generator.index(below: 1) == 0)
    }

    /// Each of six indices comes about as often as the others: 4 standard deviations of a fair draw.
    @Test func indicesComeEquallyOften() {
        var generator = SplitMix64(seed: 9)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[generator.index(below: 6)] += 1 }
        for count in counts { #expect(abs(count - 10_000) < 370, "\(counts)") }
    }
}
