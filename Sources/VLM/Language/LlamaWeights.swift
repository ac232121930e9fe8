public import Compute

/// The weights of a Llama decoder, packed for the kernels. Immutable.
public struct LlamaWeights: Sendable {
    /// The shape they belong to.
    public let configuration: LlamaConfiguration
    let embedding: Weight
    let blocks: [TransformerStack.Block]
    let finalNorm: TransformerStack.Norm
    let head: Weight

    /// Bytes of all packed matrices.
    public var bytes: Int { matrices.reduce(0) { $0 + $1.bytes } }

    /// Numbers in all matrices; a table that is also the head counts once.
    public var parameters: Int { matrices.reduce(0) { $0 + $1.outputs * $1.inputs } }

    private var matrices: [Weight] {
        blocks.flatMap(\.maps).map(\.weight) + [embedding] + (head === embedding ? [] : [head])
    }

    /// Bytes a decoded token reads of them: all but the embedding table, unless that is the head.
    public var bytesPerToken: Int { bytes - (head === embedding ? 0 : embedding.bytes) }

    /// Packs what `load` gives, one tensor at a time, so that the plain copy of only one is alive.
    ///
    /// `load` returns the row-major values, or nil for `head` where it is tied to the embedding. Throws
    /// `checkpointMalformed` when a tensor is missing or has another size, `unsupported` for shapes the kernels do not
    /// run, and what `load` throws.
    public init(
        configuration: LlamaConfiguration, storage: Weight.Storage = .float32, load: (LlamaTensor) throws -> [Float]?
    ) throws {
        try self.init(configuration: configuration, storage: storage) { try load($0).map { .values($0) } }
    }

    /// Packs tensors from their sources, without a plain copy of those that are read piece by piece.
    ///
    /// `source` is asked once for each tensor in the order of the model and returns nil for `head` where it is tied to
    /// the embedding. `progress` hears the finished share, 0...1, after each matrix. Throws as the other initialiser.
    public init(
        configuration: LlamaConfiguration, storage: Weight.Storage, progress: ((Double) -> Void)? = nil,
        source: (LlamaTensor) throws -> LlamaTensorSource?
    ) throws {
        try configuration.validate()
        var loader = LlamaWeightLoader(configuration: configuration, storage: storage, progress: progress)
        func required(_ tensor: LlamaTensor) throws -> LlamaTensorSource {
            guard let found = try source(tensor) else {
                throw VLMError(.checkpointMalformed, "the language model has no \(tensor)")
            }
            return found
        }
        func matrix(_ tensors: [LlamaTensor]) throws -> Weight {
            try loader.matrix(tensors, try tensors.map { try required($0) })
        }
        func vector(_ tensor: LlamaTensor) throws -> [Float] { try loader.vector(tensor, required(tensor)) }
        func norm(_ tensor: LlamaTensor) throws -> TransformerStack.Norm {
            TransformerStack.Norm(weight: try vector(tensor))
        }
        func linear(_ tensors: [LlamaTensor], biases: [LlamaTensor] = []) throws -> BiasedLinear {
            let weight = try matrix(tensors)
            return BiasedLinear(weight: weight, bias: biases.isEmpty ? nil : try biases.flatMap { try vector($0) })
        }

        self.configuration = configuration
        embedding = try matrix([.embedding])
        var blocks: [TransformerStack.Block] = []
        for index in 0..<configuration.blocks {
            let biases: [LlamaTensor] = [.queryBias(index), .keyBias(index), .valueBias(index)]
            blocks.append(
                TransformerStack.Block(
                    attentionNorm: try norm(.attentionNorm(index)),
                    queryKeyValue: try linear(
                        [.query(index), .key(index), .value(index)], biases: configuration.attentionBias ? biases : []),
                    output: try linear([.output(index)]), cross: nil, mlpNorm: try norm(.mlpNorm(index)),
                    first: try linear([.gate(index), .up(index)]), second: try linear([.down(index)])))
        }
        self.blocks = blocks
        finalNorm = try norm(.finalNorm)
        if let untied = try source(.head) {
            head = try loader.matrix([.head], [untied])
        } else {
            head = embedding
        }
        progress?(1)
    }
}
