import Foundations

extension SplitMix64 {
    /// Standard normal (Box-Muller, one of the pair).
    mutating func normal() -> Double {
        let radius = (-2 * logarithm(1 - unit())).squareRoot()
        return radius * cosine(2 * Double.pi * unit())
    }
}
