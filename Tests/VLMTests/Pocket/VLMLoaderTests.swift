import Foundation
import Foundations
import Testing
import VLM

/// Directories that are no model: each says what is wrong and what to do.
@Suite(.timeLimit(.minutes(10))) struct VLMLoaderTests {
    private func directory(_ files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "loader-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return folder.path()
    }

    private func failure(_ files: [String: String]) throws -> VLMError? {
        let path = try directory(files)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return #expect(throws: VLMError.self) { try VLMLoader.load(directory: path) }
    }

    /// The repository's own configuration, with the digests replaced.
    private func configuration(_ digests: [String: String]) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "Models/pocket/config.json"))
        var json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        json["files"] = digests.mapValues { ["sha256": $0] }
        return String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
    }

    private let parts = [
        "bank.safetensors", "classes.json", "efficientnet-lite.pth", "pocket.safetensors",
        "sketch.json", "sketch.safetensors", "smollm2-135m-instruct.q4_1.gguf", "words.safetensors",
    ]

    @Test func aMissingModelNamesTheRemedy() throws {
        let error = try failure([:])
        #expect(error?.code == .checkpointUnreadable)
        #expect(error?.message.contains("config.json") == true && error?.message.contains("Scripts/setup") == true)
    }

    @Test func anUnknownTypeNamesTheSupportedOnes() throws {
        let error = try failure(["config.json": #"{"model_type": "llava-next"}"#])
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("llava-next") == true && error?.message.contains("pocket") == true)
        #expect(VLMLoader.supportedTypes.contains("pocket"))
    }

    @Test(arguments: ["", "{", "[]", #"{"model_type": 3}"#, #"{"model_type": "pocket"}"#])
    func aBrokenConfigurationIsMalformed(text: String) throws {
        #expect(try failure(["config.json": text])?.code == .checkpointMalformed)
    }

    @Test func aMissingPartIsNamed() throws {
        let digests = Dictionary(uniqueKeysWithValues: parts.map { ($0, SHA256Digest.hex(Array($0.utf8))) })
        var files = Dictionary(uniqueKeysWithValues: parts.map { ($0, $0) })
        files["classes.json"] = nil
        files["config.json"] = try configuration(digests)
        let error = try failure(files)
        #expect(error?.code == .checkpointUnreadable)
        #expect(error?.message.contains("classes.json") == true && error?.message.contains("Scripts/setup") == true)
    }

    @Test func aDamagedPartIsNamed() throws {
        let digests = Dictionary(uniqueKeysWithValues: parts.map { ($0, SHA256Digest.hex(Array($0.utf8))) })
        var files = Dictionary(uniqueKeysWithValues: parts.map { ($0, $0) })
        files["pocket.safetensors"] = "one bit of this differs"
        files["config.json"] = try configuration(digests)
        let error = try failure(files)
        #expect(error?.code == .checkpointUnreadable)
        #expect(
            error?.message.contains("pocket.safetensors") == true && error?.message.contains("Scripts/setup") == true)
    }

    /// A digest proves who wrote a file, not that it is one: parts that match but are no checkpoints are refused too.
    @Test func partsThatAreNoCheckpointsAreMalformed() throws {
        let digests = Dictionary(uniqueKeysWithValues: parts.map { ($0, SHA256Digest.hex(Array($0.utf8))) })
        var files = Dictionary(uniqueKeysWithValues: parts.map { ($0, $0) })
        files["config.json"] = try configuration(digests)
        #expect(try failure(files)?.code == .checkpointMalformed)
    }

    @Test func aFileWithoutADigestIsRefused() throws {
        let digests = [parts[0]: SHA256Digest.hex(Array(parts[0].utf8))]
        let error = try failure([parts[0]: parts[0], "config.json": try configuration(digests)])
        #expect(error?.code == .checkpointMalformed)
        #expect(error?.message.contains("digest") == true)
    }

    @Test func aListedPathMayNotLeaveTheDirectory() throws {
        var digests = Dictionary(uniqueKeysWithValues: parts.map { ($0, SHA256Digest.hex(Array($0.utf8))) })
        digests["../../etc/passwd"] = String(repeating: "0", count: 64)
        var files = Dictionary(uniqueKeysWithValues: parts.map { ($0, $0) })
        files["config.json"] = try configuration(digests)
        #expect(try failure(files)?.code == .checkpointMalformed)
    }
}
