/// The shape of a vision transformer: the `vision_config` of a LLaVA or BLIP-2 checkpoint or a CLIP encoder's own
/// configuration.
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

        /// Whether a class token stands before the patches.
        package var hasClassToken: Bool { self != .siglip }
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

    var width: Int { hidden_size ?? (isBlip2 ? 1408 : 768) }
    var inner: Int { intermediate_size ?? (isBlip2 ? 6144 : 3072) }
    package var layers: Int { num_hidden_layers ?? (isBlip2 ? 39 : 12) }
    var heads: Int { num_attention_heads ?? (isBlip2 ? 16 : 12) }
    var patch: Int { patch_size ?? (isSiglip ? 16 : isBlip2 ? 14 : 32) }
    /// Pixels on a side of the input.
    package var imageSize: Int { image_size ?? 224 }
    /// Patches on a side; what is left of a side that is no multiple of the patch is not seen.
    package var side: Int { imageSize / patch }
    var epsilon: Float { layer_norm_eps ?? (isSiglip || isBlip2 ? 1e-6 : 1e-5) }
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

    /// The same as the tower of a BLIP-2 checkpoint, whose file need not name its family.
    func asBlip2() -> VisionTowerConfiguration {
        var copy = self
        copy.model_type = Family.blip2.rawValue
        return copy
    }

    /// Throws `unsupported` for shapes that are not run.
    package func validate() throws {
        _ = try family()
        let sizes = [width, inner, layers, heads, patch, imageSize, side]
        guard sizes.allSatisfy({ (1...1 << 20).contains($0) }), layers <= 1024, imageSize <= 4096,
            num_channels ?? 3 == 3, width % heads == 0, epsilon >= 0
        else {
            throw VLMError(.unsupported, "the vision tower states sizes that cannot be: \(sizes)")
        }
        _ = try activation()
    }

    /// The activation of the feed-forward parts; throws `unsupported`.
    func activation() throws -> BiasedLinear.Activation {
        let standard = isSiglip ? "gelu_pytorch_tanh" : isBlip2 ? "gelu" : "quick_gelu"
        return try BiasedLinear.Activation(named: hidden_act ?? standard)
    }
}
