internal import Compute

/// A part of a checkpoint, whose tensors share a prefix and a number format.
struct TensorScope {
    let tensors: CheckpointTensors
    /// Ends with a dot where it is not empty.
    let prefix: String
    let storage: Weight.Storage

    /// The part below a name.
    func inner(_ name: String) -> TensorScope {
        TensorScope(tensors: tensors, prefix: "\(prefix)\(name).", storage: storage)
    }

    /// Whether a tensor is there.
    func contains(_ name: String) -> Bool { tensors.contains(prefix + name) }

    /// Numbers of a given shape.
    func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
        try tensors.floats(prefix + name, shape: shape)
    }

    /// A norm with or without a bias.
    func norm(_ name: String, _ width: Int, hasBias: Bool = true) throws -> TransformerStack.Norm {
        TransformerStack.Norm(
            weight: try floats("\(name).weight", [width]), bias: hasBias ? try floats("\(name).bias", [width]) : nil)
    }

    /// Maps of the same inputs and outputs, stacked.
    func linear(_ names: [String], outputs: Int, inputs: Int, hasBias: Bool = true) throws -> BiasedLinear {
        try BiasedLinear(
            inputs: inputs, outputs: names.map { _ in outputs }, storage: storage,
            parts: names.map { name in
                (
                    try tensors.source("\(prefix)\(name).weight", shape: [outputs, inputs]),
                    hasBias ? try floats("\(name).bias", [outputs]) : nil
                )
            })
    }

    /// A matrix, read piece by piece.
    func matrix(_ name: String, outputs: Int, inputs: Int) throws -> Weight {
        try Weight(
            outputs: outputs, inputs: inputs, storage: storage,
            read: try tensors.rows(prefix + name, shape: [outputs, inputs]))
    }
}
