import Compute
import Foundations
import VLM

/// Decoders of random weights in the shapes that are measured.
enum RandomLanguage {
    /// SmolLM2-135M, SmolLM2-360M.
    enum Shape: String, CaseIterable {
        case small = "135m"
        case medium = "360m"

        var configuration: LlamaConfiguration {
            switch self {
            case .small:
                LlamaConfiguration(
                    blocks: 30, hiddenSize: 576, intermediateSize: 1536, queryHeads: 9, keyValueHeads: 3, headSize: 64,
                    vocabularySize: 49152, contextSize: 2048, ropeBase: 1e5, normEpsilon: 1e-5)
            case .medium:
                LlamaConfiguration(
                    blocks: 32, hiddenSize: 960, intermediateSize: 2560, queryHeads: 15, keyValueHeads: 5, headSize: 64,
                    vocabularySize: 49152, contextSize: 2048, ropeBase: 1e5, normEpsilon: 1e-5)
            }
        }
    }

    /// The head is tied, as in SmolLM2. Rows are made while they are packed.
    static func weights(
        _ shape: Shape, storage: Weight.Storage, progress: ((Double) -> Void)? = nil
    ) throws -> LlamaWeights {
        let configuration = shape.configuration
        var seed: UInt64 = 1
        return try LlamaWeights(configuration: configuration, storage: storage, progress: progress) { tensor in
            if tensor == .head { return nil }
            let dimensions = tensor.shape(in: configuration)
            guard dimensions.count == 2 else { return .values([Float](repeating: 1, count: dimensions[0])) }
            seed += 1
            let base = seed << 32
            let inputs = dimensions[1]
            // Uniform with the deviation 1 / sqrt(inputs), so that activations keep their size.
            let scale = 3.4641 / Float(inputs).squareRoot() / 0x1p24
            return .rows { rows, to in
                for (index, row) in rows.enumerated() {
                    var state = base + UInt64(row)
                    for column in 0..<inputs {
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        to[index * inputs + column] = (Float(state >> 40) - 0x1p23) * scale
                    }
                }
            }
        }
    }

    /// Input rows of random numbers, `[count, hiddenSize]`.
    static func rows(_ count: Int, _ configuration: LlamaConfiguration, seed: UInt64 = 1) -> Matrix {
        var generator = SplitMix64(seed: seed)
        return Matrix(
            rows: count, columns: configuration.hiddenSize,
            values: (0..<count * configuration.hiddenSize).map { _ in Float(generator.unit() * 2 - 1) })
    }
}
