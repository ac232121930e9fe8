import Foundation

/// Opens model directories: finds the architecture that `config.json` names and lets it load itself.
public enum VLMLoader {
    private typealias Loader = @Sendable (ModelDirectory, [UInt8], LoadOptions) throws -> any FrozenVLM

    private static let loaders: [String: Loader] = [
        "pocket": { directory, json, options in
            try PocketModel.load(
                directory: directory, configuration: json, storage: options.storage ?? PocketModel.standardStorage)
        },
        "blip-2": { try Blip2Model.load(directory: downloaded($0), configuration: $1, options: $2) },
        "llava": { try ConversationModel.llava(directory: downloaded($0), configuration: $1, options: $2) },
        "llava_next": { try ConversationModel.llava(directory: downloaded($0), configuration: $1, options: $2) },
        "idefics3": { try ConversationModel.smolVLM(directory: downloaded($0), configuration: $1, options: $2) },
        "smolvlm": { try ConversationModel.smolVLM(directory: downloaded($0), configuration: $1, options: $2) },
    ]

    private static func downloaded(_ directory: ModelDirectory) -> ModelDirectory {
        ModelDirectory(downloaded: directory.path)
    }

    private struct Header: Decodable {
        let model_type: String
    }

    /// Names that `model_type` may have.
    public static var supportedTypes: [String] { loaders.keys.sorted() }

    /// Loads a model directory. Throws `checkpointUnreadable` for missing or damaged files, `checkpointMalformed` for
    /// files that are not what they should be, `unsupported` for another architecture.
    public static func load(directory path: String, options: LoadOptions = LoadOptions()) throws -> any FrozenVLM {
        let directory = ModelDirectory(path: path)
        let json = try directory.bytes("config.json")
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(json)) else {
            throw VLMError(.checkpointMalformed, "\(directory.file("config.json")) names no model_type")
        }
        // Llama-2's own folder, in which the two files of MiniGPT-v2 lie.
        if header.model_type == MiniGPTFiles.language, MiniGPTFiles.lie(in: directory) {
            return try ConversationModel.miniGPT(
                directory: downloaded(directory), configuration: json, options: options)
        }
        guard let loader = loaders[header.model_type] else {
            let hint =
                switch header.model_type {
                case MiniGPTFiles.language: "; " + MiniGPTFiles.hint
                case let type where CLIPImageEncoder.supportedTypes.contains(type):
                    "; this one is an encoder for concept heads: give it beside a LLaVA model"
                default: ""
                }
            throw VLMError(
                .unsupported,
                "\(path) holds a model of the type \(header.model_type); supported: "
                    + supportedTypes.joined(separator: ", ") + hint)
        }
        return try loader(directory, json, options)
    }
}
