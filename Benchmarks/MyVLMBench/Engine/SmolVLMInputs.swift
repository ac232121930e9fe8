import Compute
import Foundation
import VLM

/// What SmolVLM is measured with, whichever peer stands beside it.
struct SmolVLMInputs {
    let shape: SmolVLMShape
    /// Nil where there is no checkpoint.
    let directory: String?
    let python: String?
    let tools: String
    let picture: String
    let rounds: Int

    /// The picture, decoded.
    func image() throws -> RGBImage {
        try RGBImage(decoding: [UInt8](try Data(contentsOf: URL(filePath: picture))))
    }

    /// The peer on a checkpoint and the picture, or why it is not there.
    /// - Parameter kind: What Tools/bench_smolvlm.py calls it.
    func peer(_ name: String, _ kind: String, _ directory: String) -> (peer: EnginePeer?, reason: String?) {
        EnginePeer.started(
            name, python: python, script: tools + "/bench_smolvlm.py",
            arguments: [kind, directory, picture, "\(Parallel.threads)"])
    }
}
