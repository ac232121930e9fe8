import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct SamplerTests {
    @Test func greedyTakesTheLowestOfEquals() {
        #expect(Sampler.greedy([0, 3, 1, 3]) == 1)
        #expect(Sampler.greedy([-5]) == 0)
    }
}
