/// The shape of a vision transformer: the `vision_config` of a LLaVA, BLIP-2 or SmolVLM checkpoint or a CLIP
/// encoder's own configuration.
package struct VisionTowerConfiguration: Sendable, Decodable {
    package private(set) var model_type: String?
    let hidden_size: Int?
    let intermediate_size: Int?
    let num_hidden_layers: Int?
    let num_attention_heads: Int?
    let num_channels: Int?
    let image_size: Int?
    let patch_size: Int?
    private(set) var projection_dim: Int?
    let hidden_act: String?
    let layer_norm_eps: Float?

    /// Families of towers.
    package enum Family: String, Sendable, CaseIterable {
        case clip = "clip_vision_model"
        case siglip = "siglip_vision_model"
        /// EVA's tower as BLIP-2 keeps it.
        case blip2 = "blip_2_vision_model"
        /// SigLIP's as Idefics3 and SmolVLM keep it.
        case idefics3 = "idefics3_vision"

        /// Whether a class token stands before the patches.
        package var hasClassToken: Bool { self == .clip || self == .blip2 }
    }

    /// Which family it is; throws `unsupported` naming the supported ones.
    package func family() throws -> Family {
        let type = model_type ?? Family.clip.rawValue
        guard let family = Family(rawValue: type) else {
            throw VLMError(
                .unsupported,
                "the vision tower is a \(type); supported: " + Family.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return family
    }

    private var isSiglip: Bool { model_type == Family.siglip.rawValue }
    private var isBlip2: Bool { model_type == Family.blip2.rawValue }
    private var isIdefics3: Bool { model_type == Family.idefics3.rawValue }

    var width: Int { hidden_size ?? (isBlip2 ? 1408 : isIdefics3 ? 1152 : 768) }
    var inner: Int { intermediate_size ?? (isBlip2 ? 6144 : 3072) }
    package var layers: Int { num_hidden_layers ?? (isBlip2 ? 39 : 12) }
    var heads: Int { num_attention_heads ?? (isBlip2 || isIdefics3 ? 16 : 12) }
    var patch: Int { patch_size ?? (isSiglip ? 16 : isBlip2 ? 14 : 32) }
    /// Pixels on a side of the input.
    package var imageSize: Int { image_size ?? 224 }
    /// Patches on a side; what is left of a side that is no multiple of the patch is not seen.
    package var side: Int { imageSize / patch }
    /// What the patches lie over, of what the tower was given.
    func area(of given: PictureBox) -> PictureBox { given.leading(Float(side * patch) / Float(imageSize)) }
    var epsilon: Float { layer_norm_eps ?? (isSiglip || isBlip2 || isIdefics3 ? 1e-6 : 1e-5) }
    /// Size of CLIP's image embedding.
    package var projection: Int { projection_dim ?? 512 }
    /// Size of a feature.
    package var featureSize: Int { width }

    /// The same with a size of the embedding that stands elsewhere in the file.
    func with(projection: Int?) -> VisionTowerConfiguration {
        var copy = self
        copy.projection_dim = projection
        return copy
    }

    /// The same as the tower of a checkpoint whose file need not name its family.
    func of(_ family: Family) -> VisionTowerConfiguration {
        var copy = self
        copy.model_type = family.rawValue
        return copy
    }

    /// Patches on a side at most: attention looks at every pair of them.
    private static let mostPatches = 64

    /// Throws `checkpointMalformed` for sizes that cannot be, `unsupported` for shapes that are not run. Nothing is
    /// computed from the sizes before.
    package func validate(_ stated: StatedNumbers) throws {
        _ = try family()
        try stated.check(
            ["hidden_size": hidden_size, "intermediate_size": intermediate_size, "projection_dim": projection_dim],
            StatedNumbers.widths)
        try stated.check("num_hidden_layers", num_hidden_layers, StatedNumbers.layers)
        try stated.check("num_attention_heads", num_attention_heads, StatedNumbers.heads)
        try stated.check("image_size", image_size, 1...4096)
        try stated.check("patch_size", patch_size, 1...4096)
        try stated.check("layer_norm_eps", layer_norm_eps, StatedNumbers.epsilons)
        try stated.divides(heads, width, ("num_attention_heads", "hidden_size"))
        guard (1...Self.mostPatches).contains(side) else {
            throw stated.malformed(
                "image_size \(imageSize) has \(side) patches of patch_size \(patch) on a side; 1 to \(Self.mostPatches) can "
                    + "be run")
        }
        guard num_channels ?? 3 == 3 else {
            throw VLMError(.unsupported, "\(stated.file): the vision tower reads \(num_channels ?? 3) channels, not 3")
        }
        _ = try activation()
    }

    /// The shape of its blocks; throws `unsupported`.
    func shape() throws -> TransformerShape {
        TransformerShape(
            width: width, inner: inner, heads: heads, keyHeads: heads, headSize: width / heads, norm: .layer,
            epsilon: epsilon, normsFirst: true, activation: try activation(), isGated: false,
            scoreScale: 1 / Float(width / heads).squareRoot(), isCausal: false)
    }

    /// The activation of the feed-forward parts; throws `unsupported`.
    func activation() throws -> BiasedLinear.Activation {
        let standard = isSiglip || isIdefics3 ? "gelu_pytorch_tanh" : isBlip2 ? "gelu" : "quick_gelu"
        return try BiasedLinear.Activation(named: hidden_act ?? standard)
    }
}
