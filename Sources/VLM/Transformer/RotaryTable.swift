internal import Compute
import Foundation

/// Cosines and sines of rotary positions (Su et al. 2021), `[positions, headSize / 2]` each. Immutable.
final class RotaryTable: Sendable {
    let cosine: FloatBuffer
    let sine: FloatBuffer

    init(positions: Int, headSize: Int, base: Float, scaling: RotaryScaling) {
        let half = headSize / 2
        cosine = FloatBuffer(count: positions * half)
        sine = FloatBuffer(count: positions * half)
        // Frequencies and angles are rounded to 32 bits as the models were trained: at position 1000 the rounding of
        // an angle is larger than that of its cosine.
        let frequencies = (0..<half).map {
            let plain = pow(Double(base), -Double(2 * $0) / Double(headSize))
            return Float(scaling.scaled(plain))
        }
        for position in 0..<positions {
            for (index, frequency) in frequencies.enumerated() {
                let angle = Double(Float(position) * frequency)
                cosine.pointer[position * half + index] = Float(cos(angle))
                sine.pointer[position * half + index] = Float(sin(angle))
            }
        }
    }
}
