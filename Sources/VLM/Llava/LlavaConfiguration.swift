import Foundation

/// `config.json` of a LLaVA or LLaVA-NeXT checkpoint as transformers writes it.
package struct LlavaConfiguration: Sendable, Decodable {
    package let model_type: String
    package let text_config: HubLanguageConfiguration?
    package let vision_config: VisionTowerConfiguration?
    let vision_feature_layer: Layers?
    let vision_feature_select_strategy: String?
    let projector_hidden_act: String?
    let multimodal_projector_bias: Bool?
    let image_grid_pinpoints: [[Int]]?
    let tie_word_embeddings: Bool?
    let eos_token_id: TokenList?

    /// One layer or several whose features are joined.
    struct Layers: Sendable, Decodable {
        let indices: [Int]

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let one = try? value.decode(Int.self) { indices = [one] } else { indices = try value.decode([Int].self) }
        }
    }

    /// One token id or several.
    struct TokenList: Sendable, Decodable {
        let ids: [Int32]

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let one = try? value.decode(Int32.self) { ids = [one] } else { ids = try value.decode([Int32].self) }
        }
    }

    /// Reads a configuration; throws `checkpointMalformed`.
    package init(json: [UInt8], file: String) throws {
        self = try CheckpointJSON.decode(Self.self, from: json, file: file, as: "configuration of a LLaVA model")
        for pair in image_grid_pinpoints ?? [] {
            guard pair.count == 2, pair.allSatisfy({ ImageTiling.sides.contains($0) }) else {
                throw VLMError(.checkpointMalformed, "\(file): image_grid_pinpoints lists the impossible size \(pair)")
            }
        }
    }

    /// Whether it is LLaVA-NeXT, which may tile pictures.
    package var isNext: Bool { model_type == "llava_next" }

    /// The tower's configuration; throws `checkpointMalformed` when there is none.
    func vision() throws -> VisionTowerConfiguration {
        guard let vision_config else { throw VLMError(.checkpointMalformed, "config.json has no vision_config") }
        return vision_config
    }

    /// The decoder's configuration; throws `checkpointMalformed` when there is none.
    func text() throws -> HubLanguageConfiguration {
        guard let text_config else { throw VLMError(.checkpointMalformed, "config.json has no text_config") }
        return text_config
    }

    /// Whether the class token is dropped from the features.
    func dropsClassToken() throws -> Bool {
        switch vision_feature_select_strategy ?? "default" {
        case "default": return true
        case "full": return false
        case let other:
            throw VLMError(.unsupported, "the feature strategy \(other) is not supported; default and full are")
        }
    }

    /// After how many blocks the features are read: negative layers count from the last one's output.
    func featureBlocks(of layers: Int) throws -> [Int] {
        let stated = vision_feature_layer?.indices ?? [-2]
        guard (1...layers + 1).contains(stated.count) else {
            throw VLMError(
                .checkpointMalformed, "config.json: vision_feature_layer names \(stated.count) of \(layers) layers")
        }
        return try stated.map { layer in
            // Compared before it is added to: a file may state the least integer.
            let blocks = layer < 0 && layer >= -layers - 1 ? layers + 1 + layer : layer
            guard (0...layers).contains(blocks) else {
                throw VLMError(
                    .checkpointMalformed,
                    "config.json: vision_feature_layer \(layer) is none of the vision tower's \(layers)")
            }
            return blocks
        }
    }
}

/// `generation_config.json`, of which only the tokens that begin and end a text matter here.
struct GenerationConfiguration: Decodable {
    let eos_token_id: LlavaConfiguration.TokenList?
    let bos_token_id: Int32?

    /// A folder's, empty where it has none; throws `checkpointMalformed`.
    init(_ directory: ModelDirectory) throws {
        let path = directory.file("generation_config.json")
        guard FileManager.default.fileExists(atPath: path) else {
            eos_token_id = nil
            bos_token_id = nil
            return
        }
        self = try CheckpointJSON.decode(
            Self.self, from: try directory.bytes("generation_config.json"), file: path, as: "generation configuration")
    }
}
