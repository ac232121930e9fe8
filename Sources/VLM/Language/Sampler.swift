internal import Compute

/// Chooses the next token from logits: the most probable one, or a draw. The same seed gives the same draws.
public struct Sampler: Sendable {
    /// 0 is greedy; larger values flatten the distribution.
    public let temperature: Float
    /// Draws only among the most probable tokens that together reach this probability (Holtzman et al. 2020).
    public let topP: Float
    private var generator: SplitMix64

    /// A sampler. Throws `invalidArgument` unless temperature >= 0 and 0 < topP <= 1.
    public init(temperature: Float = 0, topP: Float = 1, seed: UInt64 = 0) throws {
        guard temperature >= 0, temperature.isFinite else {
            throw VLMError(.invalidArgument, "a temperature of \(temperature); it must be 0 or more")
        }
        guard topP > 0, topP <= 1 else {
            throw VLMError(.invalidArgument, "a top-p of \(topP); it must be above 0 and at most 1")
        }
        self.temperature = temperature
        self.topP = topP
        generator = SplitMix64(seed: seed)
    }

    /// The next token; the lowest id among equally probable ones. `logits` must not be empty.
    public mutating func sample(_ logits: [Float]) -> Int32 {
        guard temperature > 0 else { return Sampler.greedy(logits) }
        // Subtracted first: a small temperature would overflow large logits.
        let top = logits.max() ?? 0
        let probabilities = Activation.softmax(logits.map { ($0 - top) / temperature })
        let draw = generator.nextUnit()
        if topP == 1 { return Sampler.pick(draw, Array(probabilities.indices), probabilities, total: 1) }
        let candidates = Sampler.nucleus(probabilities, topP: topP)
        let total = candidates.reduce(0.0) { $0 + Double(probabilities[$1]) }
        return Sampler.pick(draw, candidates, probabilities, total: total)
    }

    /// The most probable token; the lowest id among equals.
    public static func greedy(_ logits: [Float]) -> Int32 {
        var best = 0
        for (index, logit) in logits.enumerated() where logit > logits[best] { best = index }
        return Int32(best)
    }

    /// The fewest most probable tokens that reach `topP`, most probable first.
    private static func nucleus(_ probabilities: [Float], topP: Float) -> [Int] {
        // Tokens below this share cannot be needed: all of them together stay under 1 - topP.
        let floor = (1 - topP) / Float(probabilities.count)
        let sorted = probabilities.indices.filter { probabilities[$0] >= floor }.sorted {
            (probabilities[$0], $1) > (probabilities[$1], $0)
        }
        var sum = 0.0
        for (rank, index) in sorted.enumerated() {
            sum += Double(probabilities[index])
            if sum >= Double(topP) { return Array(sorted[...rank]) }
        }
        return sorted
    }

    private static func pick(_ draw: Double, _ candidates: [Int], _ probabilities: [Float], total: Double) -> Int32 {
        var left = draw * total
        var last = candidates.first ?? 0
        for index in candidates where probabilities[index] > 0 {
            last = index
            left -= Double(probabilities[index])
            if left < 0 { break }
        }
        return Int32(last)
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): a 64-bit counter through a mixing function. Not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator; equal seeds give equal sequences.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in [0, 1), 53 bits.
    public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
