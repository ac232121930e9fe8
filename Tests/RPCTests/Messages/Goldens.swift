import Foundation
import RPCMessages

/// What python/make_goldens.py has written.
enum Goldens {
    /// Room enough for every golden.
    static let generous = MessageLimits(frameBytes: 1 << 20, unpackedBytes: 4 << 20)

    static func read<Content: Decodable>(_ name: String, as _: Content.Type = Content.self) throws -> Content {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try JSONDecoder().decode(
            Content.self, from: Data(contentsOf: folder.appending(path: "Goldens/\(name).json")))
    }

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { $0 > 0x60 ? $0 - 0x57 : $0 - 0x30 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The bytes read as a message and written again.
    static func again<Message: WireMessage>(_ type: Message.Type, _ bytes: [UInt8]) throws -> [UInt8] {
        try type.init(decoding: bytes, limits: generous).encode()
    }
}
