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
        let queryKeyValueBias: [Float]?  // [queries + keys + values]
        let output: Weight  // [hidden, queries]
        let mlpNorm: [Float]  // [hidden]
        let gateUp: Weight  // [2 * intermediate, hidden]
        let down: Weight  // [hidden, intermediate]
    }

    /// Bytes of all packed matrices.
    public var bytes: Int {
        let blocks = blocks.reduce(0) {
            $0 + $1.queryKeyValue.bytes + $1.output.bytes + $1.gateUp.bytes + $1.down.bytes
        }
        return blocks + embedding.bytes + (head === embedding ? 0 : head.bytes)
    }

    /// Numbers in all matrices; a table that is also the head counts once.
    public var parameters: Int {
        func count(_ weight: Weight) -> Int { weight.outputs * weight.inputs }
        let blocks = blocks.reduce(0) {
            $0 + count($1.queryKeyValue) + count($1.output) + count($1.gateUp) + count($1.down)
        }
        return blocks + count(embedding) + (head === embedding ? 0 : count(head))
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

        self.configuration = configuration
        embedding = try matrix([.embedding])
        var blocks: [Block] = []
        for index in 0..<configuration.blocks {
            let biases: [LlamaTensor] = [.queryBias(index), .keyBias(index), .valueBias(index)]
            blocks.append(
                Block(
                    attentionNorm: try vector(.attentionNorm(index)),
                    queryKeyValue: try matrix([.query(index), .key(index), .value(index)]),
                    queryKeyValueBias: configuration.attentionBias ? try biases.flatMap { try vector($0) } : nil,
                    output: try matrix([.output(index)]), mlpNorm: try vector(.mlpNorm(index)),
                    gateUp: try matrix([.gate(index), .up(index)]), down: try matrix([.down(index)])))
        }
        self.blocks = blocks
        finalNorm = try vector(.finalNorm)
        if let untied = try source(.head) {
            head = try loader.matrix([.head], [untied])
        } else {
            head = embedding
        }
        progress?(1)
    }
}
