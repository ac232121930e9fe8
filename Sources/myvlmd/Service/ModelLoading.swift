import Foundation
public import Runtime
import VLM

/// How a model is loaded, where that is a choice.
public struct ModelOptions: Sendable {
    /// Number format of the weights: f32, bf16, f16, int8, q4 and so on; nil: as the checkpoint stores them.
    public var numberFormat: String?
    /// Whether LLaVA-NeXT and SmolVLM may cut a picture into tiles.
    public var tiles: Bool
    /// Folder of a CLIP encoder that concept heads read; nil: the model's own features.
    public var headEncoder: String?
    /// Called with the share of the decoder that has been read, 0...1, from the loading thread.
    public var progress: (@Sendable (Double) -> Void)?

    /// Options; without arguments the defaults.
    public init(
        numberFormat: String? = nil, tiles: Bool = false, headEncoder: String? = nil,
        progress: (@Sendable (Double) -> Void)? = nil
    ) {
        self.numberFormat = numberFormat
        self.tiles = tiles
        self.headEncoder = headEncoder
        self.progress = progress
    }

    func loadOptions(readsBank: Bool = true) throws -> LoadOptions {
        var options = try LoadOptions(
            numberFormat: numberFormat, tiles: tiles, headEncoder: headEncoder, progress: progress)
        options.readsBank = readsBank
        return options
    }
}

/// Loads a model folder with all its parts: the frozen model, the negatives of object heads and the face parts.
public struct LoadedModel: Sendable {
    let parts: ModelParts

    /// The model folder a server takes when none is named: `$MYVLM_HOME/models/pocket`, by default in `~/.cache/myvlm`.
    public static func defaultDirectory(environment: [String: String]) -> String {
        let base = environment["MYVLM_HOME"] ?? (environment["HOME"] ?? "") + "/.cache/myvlm"
        return base + "/models/pocket"
    }

    /// The types of models that can be loaded, as `config.json` names them.
    public static var supportedTypes: [String] { VLMLoader.supportedTypes }

    /// Throws `missingFile` for a folder that holds no model.
    public static func requireModel(in directory: String) throws(ServiceError) {
        guard ModelParts.lie(in: directory) else {
            throw ServiceError(
                .missingFile,
                "\(directory) holds no model (no config.json); run Scripts/setup, or name a model with --model: "
                    + "a folder, or OWNER/NAME of a hub")
        }
    }

    /// Throws what can be told of a model before any of its weights are read: `missingFile` for a folder that holds none,
    /// or a head encoder's that is not there, `badData` for a number format there is not.
    public static func check(directory: String, options: ModelOptions) throws(ServiceError) {
        try requireModel(in: directory)
        if let encoder = options.headEncoder, !ModelParts.lie(in: encoder) {
            throw ServiceError(
                .missingFile,
                "\(encoder), the head encoder of \(directory), holds no encoder (no config.json); name the folder of a "
                    + "CLIP encoder, or leave it out")
        }
        do {
            _ = try options.loadOptions()
        } catch {
            throw ServiceError(
                .badData,
                "the model in \(directory) cannot be loaded so: \((error as? VLMError)?.message ?? "\(error)")",
                cause: error)
        }
    }

    /// Reads and verifies a model folder. Throws `missingFile` when it or a part of it is missing and `badData` for a
    /// damaged part. Without face files the model serves objects; persons are then refused.
    public init(directory: String, options: ModelOptions = ModelOptions()) throws(ServiceError) {
        try Self.requireModel(in: directory)
        do {
            parts = try ModelParts(directory: directory, options: try options.loadOptions())
        } catch let error as VLMError {
            throw ServiceError(.badData, "the model in \(directory) cannot be used: \(error.message)", cause: error)
        } catch let error as RuntimeError {
            throw ServiceError(.badData, "the model in \(directory) cannot be used: \(error.message)", cause: error)
        } catch {
            throw ServiceError(
                .badData, "the model in \(directory) cannot be used: fetch it again", cause: error)
        }
    }

    /// The runtime of this model over a source of concepts.
    public func vision(_ concepts: any ConceptSource, _ configuration: ServiceConfiguration) throws -> PersonalizedVLM {
        var settings = RuntimeConfiguration()
        settings.maximumRunning = configuration.concurrentAnswers
        settings.maximumQueued = configuration.waitingAnswers
        settings.residentBytes = configuration.residentBytes
        return try PersonalizedVLM(
            model: parts.model, negatives: parts.negatives, faces: parts.faces, concepts: concepts,
            decodeImage: { try RGBImage(decoding: $0, limits: .standard) }, configuration: settings)
    }
}
