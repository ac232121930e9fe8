import Foundation
import Testing
import VLM

/// Small checkpoint files written by the reference libraries (Tools/fixtures_checkpoints.py).
enum CheckpointFixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/checkpoints")

    static func path(_ name: String) -> String { folder.appending(path: name).path() }

    struct Reference: Decodable {
        let head: [String: [Float]]
        let embedding: [String: [Float]]
        let blocks: [String: [Float]]
        let half: [Float]
    }

    static func reference() throws -> Reference {
        try JSONDecoder().decode(Reference.self, from: Data(contentsOf: folder.appending(path: "reference.json")))
    }

    /// Writes bytes to a temporary file for the duration of a closure.
    static func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
        let url = FileManager.default.temporaryDirectory.appending(path: "myvlm-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path())
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    /// A hundred cuts and three hundred single changed bytes of a file either still read or fail as `VLMError`: never a crash.
    static func attack(_ bytes: [UInt8], seed: UInt64, read: (String) throws -> Void) throws -> Int {
        var refused = 0
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var variants = stride(from: 0, to: bytes.count, by: max(1, bytes.count / 100)).map { Array(bytes[..<$0]) }
        for _ in 0..<300 {
            var changed = bytes
            changed[next(min(bytes.count, 2048))] = UInt8(next(256))
            variants.append(changed)
        }
        for variant in variants {
            do {
                try withFile(variant, read)
            } catch is VLMError {
                refused += 1
            }
        }
        return refused
    }
}
