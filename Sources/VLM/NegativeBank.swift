public import Compute

/// Pooled features of everyday pictures that show nobody's concept: what every concept head is trained against.
///
/// It ships with a model as features, never as photos.
public struct NegativeBank: Sendable {
    /// `[count, featureSize]`, as the encoder gives them: not centred, not normalised.
    public let features: Matrix
    /// What heads subtract before they normalise, `[featureSize]`.
    public let mean: [Float]

    /// What a model's folder calls its bank.
    public static let fileName = "bank.safetensors"

    /// What heads make of features, part of a model's digest: an artifact made under another rule would fire differently.
    static let rule = "heads read whitened features"

    /// No negatives: heads look at raw directions and are trained against the user's other concepts alone.
    public static func empty(featureSize: Int) -> NegativeBank {
        NegativeBank(
            features: Matrix(rows: 0, columns: featureSize), mean: [Float](repeating: 0, count: featureSize))
    }

    /// A bank of the given features.
    public init(features: Matrix, mean: [Float]) {
        precondition(features.columns == mean.count, "\(features.columns) columns against a mean of \(mean.count)")
        self.features = features
        self.mean = mean
    }

    /// Reads `features` and `mean` of a safetensors file.
    public init(_ file: SafetensorsFile) throws {
        let features = try file.matrix("features")
        let mean = try file.floats("mean")
        guard features.columns == mean.count, features.rows > 0 else {
            throw VLMError(
                .checkpointMalformed, "the negative bank has \(features.columns) columns but a mean of \(mean.count)")
        }
        self.init(features: features, mean: mean)
    }

    /// A bank of pooled features and their mean; throws `invalidArgument` without any or for unequal sizes.
    public init(pooled: [[Float]]) throws {
        guard let size = pooled.first?.count, size > 0, pooled.allSatisfy({ $0.count == size }) else {
            throw VLMError(.invalidArgument, "a bank of \(pooled.count) features that are not of one size")
        }
        var sums = [Double](repeating: 0, count: size)
        for feature in pooled {
            for (index, value) in feature.enumerated() { sums[index] += Double(value) }
        }
        self.init(
            features: Matrix(rows: pooled.count, columns: size, values: pooled.flatMap { $0 }),
            mean: sums.map { Float($0 / Double(pooled.count)) })
    }

    /// The content of a bank's file: features in 16 bits, the mean in 32.
    public func encoded() throws -> [UInt8] {
        var writer = SafetensorsWriter()
        writer.add("features", shape: [features.rows, features.columns], floats: features.values, as: .f16)
        writer.add("mean", shape: [mean.count], floats: mean)
        return try writer.encoded()
    }
}
