import Foundation

/// The files of MiniGPT-v2 in one folder: a Llama-2 as its hub has it, EVA's tower, and the checkpoint itself, both of
/// them pickles that are read without executing anything.
struct MiniGPTFiles {
    /// The `model_type` of the folder's `config.json`.
    static let language = "llama"
    private static let towerName = "eva_vit_g.pth"
    private static let checkpointName = "minigptv2_checkpoint.pth"

    static let hint =
        "a language model alone sees no pictures; for MiniGPT-v2 put \(towerName) and \(checkpointName) beside a Llama-2"

    /// Paths.
    let tower: String
    let checkpoint: String

    /// Whether a folder has files of this kind.
    static func lie(in directory: ModelDirectory) -> Bool { !pickles(directory).isEmpty }

    /// Finds both files. The checkpoint may have another name where it is the only other pickle. Throws
    /// `checkpointUnreadable` that names what is missing.
    init(_ directory: ModelDirectory) throws {
        let found = Self.pickles(directory)
        let others = found.filter { $0 != Self.towerName }
        guard found.contains(Self.towerName) else {
            throw VLMError(
                .checkpointUnreadable,
                "\(directory.path) has \(others.joined(separator: ", ")), but not \(Self.towerName), the vision tower of "
                    + "MiniGPT-v2: fetch it into this folder")
        }
        guard let name = others.contains(Self.checkpointName) || others.count != 1 ? Self.checkpointName : others.first,
            others.contains(name)
        else {
            throw VLMError(
                .checkpointUnreadable,
                "\(directory.path) needs \(Self.checkpointName) beside \(Self.towerName); "
                    + (others.isEmpty ? "there is none" : "it has \(others.joined(separator: ", "))"))
        }
        tower = directory.file(Self.towerName)
        checkpoint = directory.file(name)
    }

    private static func pickles(_ directory: ModelDirectory) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return names.filter { $0.hasSuffix(".pth") }.sorted()
    }
}
