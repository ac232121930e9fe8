import Foundation
import Foundations
import Hub

/// A repository of a small model that nobody can load, with files nobody needs.
enum SampleModel {
    static func files() -> [String: [UInt8]] {
        [
            "config.json": Array(#"{"model_type": "llava", "hidden_size": 8}"#.utf8),
            "tokenizer.json": Array("{}".utf8), "model.safetensors": safetensors(), "README.md": Array("read".utf8),
            "pytorch_model.bin": Array("pickled".utf8),
        ]
    }

    /// Two tensors, one of the language model and one of the vision tower.
    static func safetensors() -> [UInt8] {
        let header = Array(
            """
            {"__metadata__": {"format": "pt"}, \
            "language_model.embed.weight": {"dtype": "F32", "shape": [512, 100], "data_offsets": [0, 204800]}, \
            "vision_tower.patch.weight": {"dtype": "F16", "shape": [64, 64], "data_offsets": [204800, 212992]}}
            """.utf8)
        var random = SplitMix64(seed: 16)
        let data = (0..<212_992).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
    }

    static let needed = ["config.json", "tokenizer.json", "model.safetensors"]

    static func sha256(_ bytes: [UInt8]) -> ContentDigest {
        ContentDigest(SHA256Digest.hex(bytes)) ?? .sha256("")
    }

    static func gitBlob(_ bytes: [UInt8]) -> ContentDigest {
        var digest = GitBlobDigest(size: bytes.count)
        bytes.withUnsafeBytes { digest.update($0) }
        return ContentDigest(Hex.encode(digest.finish())) ?? .gitBlob("")
    }
}
