internal import Compute

/// EVA's ViT-g in its own names, as BLIP-2's authors published it and MiniGPT-v2 reads it.
extension VisionTower {
    /// Numbers of a head: the published width of 1408 has 16.
    private static let evaHeadSize = 88
    /// Blocks that are run; the published file has one more, whose output nobody was tuned with.
    private static let evaBlocks = 39

    /// A tensor that every such file has.
    static let evaPatches = "patch_embed.proj.weight"

    /// Reads the tower for pictures of `imageSize` pixels on a side; positions are stretched to its patches. There is no
    /// last norm in it. Throws `checkpointMalformed` for tensors that do not fit each other.
    init(eva tensors: PickledTensors, imageSize: Int, storage: Weight.Storage) throws {
        let first = try tensors.shape(Self.evaPatches, dimensions: 4)
        let (width, patch) = (first[0], first[2])
        let inner = try tensors.shape("blocks.0.mlp.fc1.weight", dimensions: 2)[0]
        let stated = StatedNumbers(file: tensors.file)
        guard width % Self.evaHeadSize == 0 else {
            throw stated.malformed(
                "\(Self.evaPatches) makes rows of \(width) numbers, which are no heads of \(Self.evaHeadSize): it is no "
                    + "ViT-g of EVA")
        }
        let blocks = (0..<Self.evaBlocks).prefix { tensors.contains("blocks.\($0).attn.qkv.weight") }
        let shape = VisionTowerConfiguration(
            model_type: VisionTowerConfiguration.Family.blip2.rawValue, hidden_size: width, intermediate_size: inner,
            num_hidden_layers: blocks.count, num_attention_heads: width / Self.evaHeadSize, num_channels: nil,
            image_size: imageSize, patch_size: patch, projection_dim: nil, hidden_act: nil, layer_norm_eps: nil)
        try shape.validate(stated)

        configuration = shape
        family = .blip2
        patches = try BiasedLinear(
            inputs: 3 * patch * patch, outputs: [width], storage: .float32,
            parts: [
                (
                    try tensors.source(Self.evaPatches, [width, 3, patch, patch]),
                    try tensors.floats("patch_embed.proj.bias", [width])
                )
            ])
        classToken = try tensors.floats("cls_token", [1, 1, width])
        positions = try Self.evaPositions(tensors, side: shape.side, width: width)
        before = nil
        stack = TransformerStack(
            shape: try shape.shape(),
            blocks: try blocks.map {
                try Self.evaBlock(tensors, "blocks.\($0).", width: width, inner: inner, storage: storage)
            })
        after = nil
    }

    /// The class token's position, then those of the patches.
    private static func evaPositions(_ tensors: PickledTensors, side: Int, width: Int) throws -> [Float] {
        let count = try tensors.shape("pos_embed", dimensions: 3)[1]
        let stored = Int(Double(count - 1).squareRoot())
        guard stored > 0, stored * stored == count - 1 else {
            throw StatedNumbers(file: tensors.file).malformed(
                "pos_embed has \(count) positions, which are no class token and a square of patches")
        }
        let values = try tensors.floats("pos_embed", [1, count, width])
        return Array(values[..<width])
            + PositionGrid.resized(Array(values[width...]), side: stored, to: side, width: width)
    }

    private static func evaBlock(
        _ tensors: PickledTensors, _ block: String, width: Int, inner: Int, storage: Weight.Storage
    ) throws -> TransformerStack.Block {
        func norm(_ name: String) throws -> TransformerStack.Norm {
            TransformerStack.Norm(
                weight: try tensors.floats("\(block)\(name).weight", [width]),
                bias: try tensors.floats("\(block)\(name).bias", [width]))
        }
        func linear(_ name: String, _ outputs: Int, _ inputs: Int, bias: [Float]? = nil) throws -> BiasedLinear {
            let bias = try bias ?? tensors.floats("\(block)\(name).bias", [outputs])
            return try BiasedLinear(
                inputs: inputs, outputs: [outputs], storage: storage,
                parts: [(try tensors.source("\(block)\(name).weight", [outputs, inputs]), bias)])
        }
        // Keys have no bias.
        let bias =
            try tensors.floats("\(block)attn.q_bias", [width]) + [Float](repeating: 0, count: width)
            + tensors.floats("\(block)attn.v_bias", [width])
        return TransformerStack.Block(
            attentionNorm: try norm("norm1"),
            queryKeyValue: try linear("attn.qkv", 3 * width, width, bias: bias),
            output: try linear("attn.proj", width, width), cross: nil, mlpNorm: try norm("norm2"),
            first: try linear("mlp.fc1", inner, width), second: try linear("mlp.fc2", width, inner))
    }
}
