import Foundation
import Foundations

/// Chooses tokens from logits: greedy at temperature 0 (lowest id among equals), else nucleus sampling from its seed.
package struct TokenSampler: Sendable {
    /// The temperatures it takes.
    package static let temperatures: ClosedRange<Float> = 0...2

    private let temperature: Double
    private let topP: Double
    private var generator: SplitMix64

    /// Throws `invalidArgument` for a temperature outside 0...2 or a mass outside (0, 1].
    package init(_ sampling: Sampling) throws {
        guard Self.temperatures.contains(sampling.temperature) else {
            throw RuntimeError(.invalidArgument, "the temperature lies between 0 and 2; 0 is greedy")
        }
        guard sampling.topP > 0, sampling.topP <= 1 else {
            throw RuntimeError(.invalidArgument, "top-p must be above 0 and at most 1 (off)")
        }
        temperature = Double(sampling.temperature)
        topP = Double(sampling.topP)
        generator = SplitMix64(seed: sampling.seed)
    }

    /// The next token for logits `[vocabulary]`.
    package mutating func sample(_ logits: [Float]) -> Int32 {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        guard temperature > 0 else { return Int32(best) }
        let top = Double(logits[best])
        // Tokens e^-20 below the best cannot matter: they are never sorted.
        var candidates = logits.indices.compactMap { index -> (id: Int, weight: Double)? in
            let exponent = (Double(logits[index]) - top) / temperature
            return exponent > -20 ? (index, exp(exponent)) : nil
        }
        candidates.sort { ($0.weight, $1.id) > ($1.weight, $0.id) }
        let total = candidates.reduce(0) { $0 + $1.weight }
        var mass = 0.0
        let kept = candidates.firstIndex { candidate in
            mass += candidate.weight
            return mass >= topP * total
        }
        let nucleus = candidates[...(kept ?? candidates.count - 1)]
        var remaining = generator.unit() * nucleus.reduce(0) { $0 + $1.weight }
        for candidate in nucleus {
            remaining -= candidate.weight
            if remaining < 0 { return Int32(candidate.id) }
        }
        return Int32(nucleus.last?.id ?? best)
    }
}
