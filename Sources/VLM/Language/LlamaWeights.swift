public import Compute

/// The weights of a Llama decoder, packed for the kernels. Immutable.
public struct LlamaWeights: Sendable {
    /// The shape they belong to.
    public let configuration: LlamaConfiguration
    let embedding: Weight
    let blocks: [Block]
    let finalNorm: [Float]
    let head: Weight

    /// One transformer block. Maps that read the same input are one matrix.
    struct Block: Sendable {
        let attentionNorm: [Float]  // [hidden]
        let queryKeyValue: Weight  // [queries + keys + values, hidden]
        let output: Weight  // [hidden, queries]
        let mlpNorm: [Float]  // [hidden]
        let gateUp: Weight  // [2 * intermediate, hidden]
        let down: Weight  // [hidden, intermediate]
    }

    /// Packs what `load` gives, one tensor at a time, so that the plain copy of only one is alive.
    ///
    /// `load` returns the row-major values, or nil for `head` where it is tied to the embedding. Throws
    /// `checkpointMalformed` when a tensor is missing or has another size, `unsupported` for shapes the kernels do not
    /// run, and what `load` throws.
    public init(
        configuration: LlamaConfiguration, storage: Weight.Storage = .float32, load: (LlamaTensor) throws -> [Float]?
    ) throws {
        try configuration.validate()
        func optional(_ tensor: LlamaTensor) throws -> [Float]? {
            guard let values = try load(tensor) else { return nil }
            let shape = tensor.shape(in: configuration)
            guard values.count == shape.reduce(1, *) else {
                throw VLMError(.checkpointMalformed, "\(tensor) has \(values.count) values, not \(shape)")
            }
            return values
        }
        func vector(_ tensor: LlamaTensor) throws -> [Float] {
            guard let values = try optional(tensor) else {
                throw VLMError(.checkpointMalformed, "the language model has no \(tensor)")
            }
            return values
        }
        func matrix(_ tensors: [LlamaTensor]) throws -> Weight {
            let shapes = tensors.map { $0.shape(in: configuration) }
            return try Weight(
                outputs: shapes.reduce(0) { $0 + $1[0] }, inputs: shapes[0][1], storage: storage, parts: tensors.count
            ) { try vector(tensors[$0]) }
        }
        self.configuration = configuration
        embedding = try matrix([.embedding])
        blocks = try (0..<configuration.blocks).map { index in
            Block(
                attentionNorm: try vector(.attentionNorm(index)),
                queryKeyValue: try matrix([.query(index), .key(index), .value(index)]),
                output: try matrix([.output(index)]), mlpNorm: try vector(.mlpNorm(index)),
                gateUp: try matrix([.gate(index), .up(index)]), down: try matrix([.down(index)]))
        }
        finalNorm = try vector(.finalNorm)
        if let values = try optional(.head) {
            head = Weight(
                outputs: configuration.vocabularySize, inputs: configuration.hiddenSize, values: values,
                storage: storage)
        } else {
            head = embedding
        }
    }
}
