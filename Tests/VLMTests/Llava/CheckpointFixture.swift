import Foundation
import Testing

/// Fixtures of downloaded checkpoints, and copies of them that a test may damage.
enum CheckpointFixture {
    private static let all = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/checkpoints-hub")

    /// Every fixture there is.
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: all.path())) ?? []).sorted()

    static func folder(_ name: String) -> String {
        all.appending(path: name).path()
    }

    /// Runs `body` on a copy of a fixture's model folder.
    static func withCopy(of name: String, _ body: (URL) throws -> Void) throws {
        let copy = FileManager.default.temporaryDirectory.appending(path: "checkpoint-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: URL(filePath: folder(name) + "/model"), to: copy)
        defer { try? FileManager.default.removeItem(at: copy) }
        try body(copy)
    }

    /// Rewrites a JSON file of a folder.
    static func edit(_ file: URL, _ change: (inout [String: Any]) -> Void) throws {
        var object = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: file)
    }
}
