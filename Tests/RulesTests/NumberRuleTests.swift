import Rules
import Testing

@Suite(.timeLimit(.minutes(10))) struct NumberRuleTests {
    private func message(_ body: () throws(RuleError) -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return error.message
        }
    }

    private func sampling(
        temperature: Float = 0, topP: Float = 1, maximumTokens: Int? = nil, beams: Int? = nil, lengthPenalty: Float = 1
    ) -> String? {
        message { () throws(RuleError) in
            try SamplingRules.check(
                temperature: temperature, topP: topP, maximumTokens: maximumTokens, beams: beams,
                lengthPenalty: lengthPenalty)
        }
    }

    @Test func whatLiesInItsBoundsIsTaken() {
        #expect(sampling() == nil)
        for temperature: Float in [0, 0.5, 2] { #expect(sampling(temperature: temperature) == nil) }
        for topP: Float in [.leastNormalMagnitude, 0.5, 1] { #expect(sampling(topP: topP) == nil) }
        for tokens in [1, Bounds.maximumTokens.upperBound] { #expect(sampling(maximumTokens: tokens) == nil) }
        for beams in [1, Bounds.beams.upperBound] { #expect(sampling(beams: beams) == nil) }
        for penalty: Float in [-8, 0, 8] { #expect(sampling(beams: 2, lengthPenalty: penalty) == nil) }
    }

    @Test func whatLiesBesideItsBoundsIsNamedWithThem() {
        for temperature: Float in [-0.001, 2.001, .nan, .infinity, -.infinity] {
            #expect(sampling(temperature: temperature) == "the temperature lies between 0 and 2")
        }
        for topP: Float in [0, -1, 1.001, .nan] {
            #expect(sampling(topP: topP) == "top-p lies between 0 and 1, 0 left out")
        }
        for tokens in [0, -1, Bounds.maximumTokens.upperBound + 1] {
            #expect(sampling(maximumTokens: tokens)?.hasPrefix("the number of tokens lies between 1 and ") == true)
        }
        for beams in [0, 17] { #expect(sampling(beams: beams) == "the number of beams lies between 1 and 16") }
        for penalty: Float in [-8.001, 8.001, .nan] {
            #expect(sampling(lengthPenalty: penalty) == "the length penalty lies between -8 and 8")
        }
    }

    @Test func aSearchDrawsNothing() {
        #expect(sampling(temperature: 0.5, beams: 2) == SamplingRules.drawingSearch.message)
        #expect(sampling(temperature: 0.5) == nil)
    }

    @Test func tokensLiveForATimeThatCanBe() {
        for seconds in [Bounds.tokenSeconds.lowerBound, Bounds.tokenSeconds.upperBound] {
            #expect(message { () throws(RuleError) in try TokenRules.checkLifetime(seconds: seconds) } == nil)
        }
        for seconds in [-1, Bounds.tokenSeconds.upperBound + 1, .max, .min] {
            let said = message { () throws(RuleError) in try TokenRules.checkLifetime(seconds: seconds) }
            #expect(said == "the token's lifetime lies between 0 and 315360000 seconds")
        }
        for seconds in [-1, Bounds.overlapSeconds.upperBound + 1] {
            let said = message { () throws(RuleError) in try TokenRules.checkOverlap(seconds: seconds) }
            #expect(said == "the overlap lies between 0 and 604800 seconds")
        }
    }

    /// The same bound in another unit is the same bound.
    @Test func unitsAgree() {
        #expect(Bounds.tokenSeconds.upperBound == Int64(Bounds.tokenDays.upperBound) * 86_400)
        #expect(Bounds.overlapSeconds.upperBound == Int64(Bounds.overlapMinutes.upperBound) * 60)
    }
}
