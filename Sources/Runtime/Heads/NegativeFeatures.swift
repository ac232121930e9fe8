public import Compute
public import VLM

/// Features of pictures that show nobody's concept: what object heads are trained against, and where the centre of
/// the feature space lies. A bank ships with a model; no photo is in it.
public struct NegativeFeatures: Sendable {
    /// Pooled features as the model gives them, `[n, features]`.
    public let features: Matrix
    /// Their mean, `[features]`.
    public let mean: [Float]

    /// Negatives a head needs, from the bank and the user's other concepts together.
    package static let least = 8

    /// A bank of features and their centre; throws `invalidArgument` when the sizes do not fit or it is too small to
    /// calibrate with. An empty bank is one: then object heads need the user's other concepts.
    public init(features: Matrix, mean: [Float]) throws {
        guard features.columns == mean.count, features.rows == 0 || features.rows >= Self.least else {
            throw RuntimeError(
                .invalidArgument, "the bank of negatives needs 8 features or more of the size of its mean")
        }
        self.features = features
        self.mean = mean
    }

    /// The bank a model came with.
    public init(_ bank: NegativeBank) throws { try self.init(features: bank.features, mean: bank.mean) }

    /// Reads `bank.safetensors` (`features` `[n, features]`, `mean` `[features]`); throws `unavailable` when it is
    /// missing or damaged.
    public init(contentsOf path: String) throws {
        do {
            let file = try SafetensorsFile(contentsOf: path)
            try self.init(features: try file.matrix("features"), mean: try file.floats("mean"))
        } catch {
            throw RuntimeError(
                .unavailable, "the bank of negatives \(path) cannot be read: run Scripts/setup", cause: error)
        }
    }
}
