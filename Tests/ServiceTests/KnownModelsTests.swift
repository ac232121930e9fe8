import Foundation
import Foundations
import Service
import Testing
import VLM

/// What a server remembers of its models: a hint, which may be lost or damaged at no cost.
@Suite(.timeLimit(.minutes(10))) struct KnownModelsTests {
    private static let identity = ModelIdentity(
        name: "tiny", digest: String(repeating: "ab", count: 32), hiddenSize: 32, featureSize: 40, gridRows: 3,
        gridColumns: 4)

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "myvlm-known-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/models.json")
    }

    @Test func whatIsNotedIsReadAgain() throws {
        try withFile { path in
            var known = KnownModels(path: path)
            #expect(known.identity("first", source: "/a") == nil)
            known.note(Self.identity, as: "first", source: "/a")
            try known.write()
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let again = KnownModels(path: path)
            let read = try #require(again.identity("first", source: "/a"))
            #expect(
                read.name == "tiny" && read.digest == Self.identity.digest && read.hiddenSize == 32
                    && read.featureSize == 40 && read.gridRows == 3 && read.gridColumns == 4
                    && read.insertionPoint == Self.identity.insertionPoint)
            // Another folder, other options, another name: somebody else.
            #expect(again.identity("first", source: "/a, dtype int8") == nil)
            #expect(again.identity("second", source: "/a") == nil)
        }
    }

    /// Whatever the file holds, it is read without harm; a digest that cannot be one is not taken.
    @Test func aDamagedFileSaysNothingWrong() throws {
        try withFile { path in
            var known = KnownModels(path: path)
            known.note(Self.identity, as: "first", source: "/a")
            try known.write()
            let good = try Data(contentsOf: URL(filePath: path))
            var generator = SplitMix64(seed: 7)
            var readable = 0
            for _ in 0..<100 {
                var bytes = good
                for _ in 0..<Int.random(in: 1...3, using: &generator) where bytes.count > 1 {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.remove(at: place)
                    default: bytes = Data(bytes.prefix(max(1, place)))
                    }
                }
                try bytes.write(to: URL(filePath: path))
                guard let read = KnownModels(path: path).identity("first", source: "/a") else { continue }
                readable += 1
                #expect(read.digest.utf8.count == 64 && read.hiddenSize > 0 && read.featureSize > 0)
                #expect(read.gridRows >= 0 && read.gridColumns >= 0)
            }
            #expect(readable < 100, "no damage was ever seen")
            try Data(count: 2 << 20).write(to: URL(filePath: path))
            #expect(KnownModels(path: path).identity("first", source: "/a") == nil)
        }
    }

    @Test func aFileThatCannotBeWrittenIsTold() throws {
        try withFile { path in
            var known = KnownModels(path: path + "/nowhere/models.json")
            known.note(Self.identity, as: "first", source: "/a")
            #expect(throws: ServiceError.self) { try known.write() }
        }
    }
}
