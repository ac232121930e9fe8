internal import Compute
import Foundation

/// Cosines and sines of rotary positions (Su et al. 2021), `[contextSize, headSize / 2]` each. Immutable.
final class RotaryTable: Sendable {
    let cosine: FloatBuffer
    let sine: FloatBuffer

    init(_ configuration: LlamaConfiguration) {
        let half = configuration.headSize / 2
        cosine = FloatBuffer(count: configuration.contextSize * half)
        sine = FloatBuffer(count: configuration.contextSize * half)
        // Frequencies and angles are rounded to 32 bits as the models were trained: at position 1000 the rounding of
        // an angle is larger than that of its cosine.
        let frequencies = (0..<half).map {
            let plain = pow(Double(configuration.ropeBase), -Double(2 * $0) / Double(configuration.headSize))
            return Float(configuration.ropeScaling.scaled(plain))
        }
        for position in 0..<configuration.contextSize {
            for (index, frequency) in frequencies.enumerated() {
                let angle = Double(Float(position) * frequency)
                cosine.pointer[position * half + index] = Float(cos(angle))
                sine.pointer[position * half + index] = Float(sin(angle))
            }
        }
    }
}
