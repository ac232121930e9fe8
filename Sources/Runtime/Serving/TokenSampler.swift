import Foundation
import Foundations
import Rules

/// Chooses tokens from logits: greedy at temperature 0 (lowest id among equals), else nucleus sampling from its seed.
package struct TokenSampler: Sendable {
    private let temperature: Double
    private let topP: Double
    private var generator: SplitMix64

    /// Throws `invalidArgument` for a temperature or a mass out of its bounds.
    package init(_ sampling: Sampling) throws {
        try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in
            try SamplingRules.check(
                temperature: sampling.temperature, topP: sampling.topP, maximumTokens: nil, beams: nil, lengthPenalty: 1
            )
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
