import Foundation
import Terminal

/// What the header of a concept's file says; whether the rest is sound is for the server to decide.
enum ConceptFile {
    /// The kind of file.
    enum Format {
        /// What `myvlm export` writes.
        case exported
        /// What files of MyVLM's published code are converted to.
        case published
    }

    /// A safetensors file: eight bytes of length, then JSON.
    static func isSafetensors(_ bytes: [UInt8]) -> Bool { bytes.dropFirst(8).first == UInt8(ascii: "{") }

    /// The format that the manifest in the file's header names; nil for any other file.
    static func format(of bytes: [UInt8]) -> Format? {
        guard bytes.count > 8 else { return nil }
        let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8),
            let header = try? JSONDecoder().decode(Header.self, from: Data(bytes[8..<8 + Int(length)])),
            let manifest = header.metadata["manifest"]
        else { return nil }
        let named = try? JSONDecoder().decode(Named.self, from: Data(manifest.utf8))
        return named?.format == "myvlm-concept" ? .published : .exported
    }

    private struct Header: Decodable {
        let metadata: [String: String]
        private enum CodingKeys: String, CodingKey { case metadata = "__metadata__" }
    }

    private struct Named: Decodable {
        let format: String?
    }
}
