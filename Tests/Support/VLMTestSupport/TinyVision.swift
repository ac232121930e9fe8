internal import Compute
import Foundations
internal import VLM

/// A vision side of one random layer: patches of 4 x 4 pixels of the picture at 16 x 16, `[16, 48]`, and ten classes.
struct TinyVision: PocketModel.Vision {
    static let side = 4
    static let features = 48
    static let classes = 10

    private let patch: Matrix  // [features, 48]
    private let classifier: Matrix  // [classes, features]

    init(_ generator: inout SplitMix64) {
        let inputs = Self.features
        patch = Matrix(
            rows: Self.features, columns: inputs,
            values: generator.weights(Self.features * inputs, deviation: 1 / Float(inputs).squareRoot()))
        classifier = Matrix(
            rows: Self.classes, columns: Self.features,
            values: generator.weights(Self.classes * Self.features, deviation: 1))
    }

    func encode(_ image: RGBImage) -> (map: Matrix, pooled: [Float], logits: [Float]) {
        let small = image.resized(width: 16, height: 16)
        var patches = Matrix(rows: Self.side * Self.side, columns: 48)
        for y in 0..<16 {
            for x in 0..<48 {
                let row = (y / 4) * Self.side + x / 12
                patches[row, (y % 4) * 12 + x % 12] = Float(small.pixels[y * 48 + x]) / 64 - 2
            }
        }
        var map = Gemm.multiply(patches, transposed: patch)
        for index in map.values.indices { map.values[index] = max(map.values[index], 0) }
        var pooled = [Float](repeating: 0, count: Self.features)
        for row in 0..<map.rows {
            for column in 0..<map.columns { pooled[column] += map[row, column] / Float(map.rows) }
        }
        let logits = Gemm.multiply(Matrix(rows: 1, columns: Self.features, values: pooled), transposed: classifier)
        return (map, pooled, logits.values)
    }
}
