/// SplitMix64 (Steele, Lea, Flood 2014): the same seed, the same numbers on every machine. Not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator of the given seed.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Numbers of mean 0 and the given standard deviation, uniform: close enough to a trained layer's for a test.
    mutating func weights(_ count: Int, deviation: Float) -> [Float] {
        let bound = deviation * Float(3).squareRoot()
        return (0..<count).map { _ in Float.random(in: -bound...bound, using: &self) }
    }
}
