import Foundation

/// How rotary frequencies are stretched for contexts longer than the model was first trained on.
public enum RotaryScaling: Sendable, Equatable {
    /// Not at all.
    case none
    /// Every frequency divided by the factor (`"rope_type": "linear"`).
    case linear(factor: Float)
    /// Llama 3.1's: long waves divided by the factor, short ones kept, those between interpolated
    /// (`"rope_type": "llama3"`).
    case llama3(factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContext: Int)

    /// The frequency used in place of `frequency`, radians a position.
    func scaled(_ frequency: Double) -> Double {
        switch self {
        case .none: return frequency
        case .linear(let factor): return frequency / Double(factor)
        case .llama3(let factor, let low, let high, let originalContext):
            let wavelength = 2 * Double.pi / frequency
            let turns = Double(originalContext) / wavelength
            if turns < Double(low) { return frequency / Double(factor) }
            if turns > Double(high) { return frequency }
            let smooth = (turns - Double(low)) / (Double(high) - Double(low))
            return (1 - smooth) * frequency / Double(factor) + smooth * frequency
        }
    }

    /// Throws `unsupported` for factors that make no sense.
    func validate() throws {
        let factors: [Float]
        switch self {
        case .none: factors = []
        case .linear(let factor): factors = [factor]
        case .llama3(let factor, let low, let high, let originalContext):
            factors = [factor, low, high - low, Float(originalContext)]
        }
        guard factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw VLMError(.unsupported, "the rotary scaling \(self) is out of range")
        }
    }
}
