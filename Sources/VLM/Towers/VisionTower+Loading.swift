package import Compute

extension VisionTower {
    /// Where a tower's tensors lie in a LLaVA checkpoint, newest scheme first.
    package static let nestedPrefixes = [
        "model.vision_tower.vision_model.", "vision_tower.vision_model.", "model.vision_tower.", "vision_tower.",
    ]
    /// Where they lie in an encoder's own checkpoint.
    package static let ownPrefixes = ["vision_model.", "model.vision_model.", ""]

    /// Reads the first `blocks` blocks, and the last norm when asked: features of an inner layer need no more.
    package init(
        _ configuration: VisionTowerConfiguration, tensors: CheckpointTensors, prefixes: [String], blocks count: Int,
        withFinalNorm: Bool, storage: Weight.Storage
    ) throws {
        try configuration.validate(StatedNumbers(file: "\(tensors.directory)/config.json"))
        let family = try configuration.family()
        let (width, inner, patch) = (configuration.width, configuration.inner, configuration.patch)
        let tokens = configuration.side * configuration.side + (family.hasClassToken ? 1 : 0)
        let prefix = try tensors.prefix(of: "embeddings.patch_embedding.weight", among: prefixes)

        func vector(_ name: String, _ size: Int) throws -> [Float] { try tensors.floats(prefix + name, shape: [size]) }
        func norm(_ name: String) throws -> TransformerStack.Norm {
            TransformerStack.Norm(weight: try vector("\(name).weight", width), bias: try vector("\(name).bias", width))
        }
        func linear(_ names: [String], _ outputs: Int, _ inputs: Int) throws -> BiasedLinear {
            try BiasedLinear(
                inputs: inputs, outputs: names.map { _ in outputs }, storage: storage,
                parts: names.map { name in
                    (
                        try tensors.source("\(prefix)\(name).weight", shape: [outputs, inputs]),
                        try vector("\(name).bias", outputs)
                    )
                })
        }

        /// Three maps, or the one that BLIP-2 keeps.
        func queryKeyValue(_ layer: String) throws -> BiasedLinear {
            guard family == .blip2 else {
                return try linear(["q_proj", "k_proj", "v_proj"].map { "\(layer).self_attn.\($0)" }, width, width)
            }
            return try Self.fused(tensors, "\(prefix)\(layer).self_attn.", width: width, storage: storage)
        }

        self.configuration = configuration
        self.family = family
        // The first map and the positions stay as given: they are small and every number passes them.
        let patchBias = family != .clip ? try vector("embeddings.patch_embedding.bias", width) : nil
        patches = try BiasedLinear(
            inputs: 3 * patch * patch, outputs: [width], storage: .float32,
            parts: [
                (
                    try tensors.source(
                        prefix + "embeddings.patch_embedding.weight", shape: [width, 3, patch, patch]),
                    patchBias
                )
            ])
        if family == .blip2 {
            classToken = try tensors.floats(prefix + "embeddings.class_embedding", shape: [1, 1, width])
            positions = try tensors.floats(prefix + "embeddings.position_embedding", shape: [1, tokens, width])
        } else {
            classToken = family.hasClassToken ? try vector("embeddings.class_embedding", width) : nil
            positions = try tensors.floats(prefix + "embeddings.position_embedding.weight", shape: [tokens, width])
        }
        // transformers really spells it like this.
        before = family == .clip ? try norm("pre_layrnorm") : nil
        let blocks = try (0..<count).map { index in
            let layer = "encoder.layers.\(index)"
            return TransformerStack.Block(
                attentionNorm: try norm("\(layer).layer_norm1"), queryKeyValue: try queryKeyValue(layer),
                output: try linear(
                    ["\(layer).self_attn.\(family == .blip2 ? "projection" : "out_proj")"], width, width),
                cross: nil, mlpNorm: try norm("\(layer).layer_norm2"),
                first: try linear(["\(layer).mlp.fc1"], inner, width),
                second: try linear(["\(layer).mlp.fc2"], width, inner))
        }
        stack = TransformerStack(shape: try configuration.shape(), blocks: blocks)
        after = withFinalNorm ? try norm("post_layernorm") : nil
    }

    /// Queries, keys and values in one map; its bias is stored whole, or as those of queries and values (older
    /// checkpoints: keys have none), or not at all.
    private static func fused(
        _ tensors: CheckpointTensors, _ name: String, width: Int, storage: Weight.Storage
    ) throws -> BiasedLinear {
        var bias: [Float]?
        if tensors.contains("\(name)qkv.bias") {
            bias = try tensors.floats("\(name)qkv.bias", shape: [3 * width])
        } else if tensors.contains("\(name)q_bias") {
            bias =
                try tensors.floats("\(name)q_bias", shape: [width]) + [Float](repeating: 0, count: width)
                + tensors.floats("\(name)v_bias", shape: [width])
        }
        return try BiasedLinear(
            inputs: width, outputs: [3 * width], storage: storage,
            parts: [(try tensors.source("\(name)qkv.weight", shape: [3 * width, width]), bias)])
    }
}
