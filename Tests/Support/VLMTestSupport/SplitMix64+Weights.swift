import Foundations
internal import VLM

extension SplitMix64 {
    /// Numbers of mean 0 and the given standard deviation, uniform: close enough to a trained layer's for a test.
    mutating func weights(_ count: Int, deviation: Float) -> [Float] {
        let bound = deviation * Float(3).squareRoot()
        return (0..<count).map { _ in Float.random(in: -bound...bound, using: &self) }
    }
}
