import Compute
import Foundation
import VLM

/// The default model where `Scripts/setup` puts it. Tests that need its weights are skipped where it is absent.
enum InstalledModel {
    static let directory: String = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm"
        return home + "/models/pocket"
    }()

    static var isPresent: Bool { FileManager.default.fileExists(atPath: directory + "/config.json") }

    static let hint = "no model in \(directory): run Scripts/setup, or set MYVLM_HOME"

    /// Loaded once for all tests, with weights of 32 bits as the reference's are.
    static let exact = Result { try PocketModel.load(directory: directory, storage: .float32) }
}

/// Reference numbers of the whole model, from PyTorch (Tools/golden_pocket.py).
struct PocketGolden: Decodable {
    struct Picture: Decodable {
        struct Tag: Decodable {
            let name: String
            let probability: Float
        }
        let file: String
        let pooled_first: [Float]
        let pooled_norm: Float
        let map_row_norms: [Float]
        let tags: [Tag]
        let prefix_ids: [Int32]
        let projected_row_norms: [Float]
        let tokens: [String: [Int32]]
    }
    struct Token: Decodable {
        let text: String
        let ids: [Int32]
        let special: Bool
    }
    struct Training: Decodable {
        let prompt: String
        let target: String
        let lambda: Float
        let picture: String
        let cross_entropy: Float
        let regulariser: Float
    }
    let weights_sha256: String
    let tokenizer: [Token]
    let pictures: [Picture]
    let training: Training

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func load() throws -> PocketGolden {
        try JSONDecoder().decode(
            PocketGolden.self, from: Data(contentsOf: folder.appending(path: "pocket-golden.json")))
    }

    static func tensors() throws -> SafetensorsFile {
        try SafetensorsFile(contentsOf: folder.appending(path: "pocket-golden.safetensors").path())
    }

    static func picture(_ file: String) throws -> RGBImage {
        try RGBImage(decoding: [UInt8](Data(contentsOf: folder.appending(path: file))))
    }
}
