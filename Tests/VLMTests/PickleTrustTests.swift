import Foundation
import Testing
import VLM
import VLMTestSupport

/// A few bytes of a pickle can stand for any amount of work or memory; all that is done for a file is counted.
@Suite(.timeLimit(.minutes(10))) struct PickleTrustTests {
    private func read(_ archive: TorchArchive, _ storages: [String: [UInt8]] = [:], byteorder: String? = "little")
        throws
        -> [String: [Float]]
    {
        try CheckpointFixtures.withFile(archive.zipped(storages, byteorder: byteorder)) { path in
            let file = try PyTorchStateDict(contentsOf: path)
            return try Dictionary(uniqueKeysWithValues: file.names.map { ($0, try file.floats($0)) })
        }
    }

    private func message(_ archive: TorchArchive, _ storages: [String: [UInt8]] = [:]) -> String? {
        do {
            _ = try read(archive, storages)
            return nil
        } catch {
            return (error as? VLMError)?.message ?? "another error: \(error)"
        }
    }

    /// Lists in lists, filled from the outside in: letting go of them had overflowed the stack.
    @Test(arguments: ["]", "}"]) func depthCostsNothing(_ container: String) throws {
        var archive = TorchArchive()
        archive.raw(container)
        archive.put(0)
        for _ in 0..<100_000 {
            archive.get(0)
            if container == "}" { archive.raw("N") }
            archive.raw(container)
            archive.put(0)
            archive.raw(container == "]" ? "ab" : "sb")
        }
        #expect(try read(archive).isEmpty)
    }

    /// Dictionaries in dictionaries are walked by name, and names have an end.
    @Test func deepNamesAreRefused() {
        var archive = TorchArchive()
        archive.raw("}")
        archive.put(0)
        for _ in 0..<10_000 {
            archive.get(0)
            archive.text("key")
            archive.raw("}")
            archive.put(0)
            archive.raw("sb")
        }
        #expect(message(archive)?.contains("nests without end") == true)
    }

    /// Nine levels of a hundred times the level before: 10^18 values when they are walked.
    @Test(arguments: ["t", "l", "d"]) func sharingCostsNothing(_ kind: String) throws {
        var archive = TorchArchive()
        archive.raw(")")
        archive.put(0)
        for level in 0..<9 {
            if kind == "l" { archive.raw("]") }
            if kind == "d" { archive.raw("}") }
            archive.raw("(")
            for item in 0..<100 {
                if kind == "d" { archive.text("\(item)") }
                archive.get(level)
            }
            archive.raw(kind == "t" ? "t" : kind == "l" ? "e" : "u")
            archive.put(level + 1)
        }
        if kind == "d" {
            #expect(message(archive)?.contains("too") == true)
        } else {
            #expect(try read(archive).isEmpty)
        }
    }

    @Test func endlessInstructionsAreRefused() {
        var archive = TorchArchive()
        archive.raw(String(repeating: "Nb", count: 2_100_000))
        #expect(message(archive)?.contains("too many instructions") == true)
        archive = TorchArchive()
        archive.raw(String(repeating: "N", count: 4_100_000))
        #expect(message(archive)?.contains("too many") == true)
        archive = TorchArchive()
        archive.raw("N")
        for place in 0..<1_100_000 { archive.put(place) }
        #expect(message(archive)?.contains("too many values") == true)
    }

    @Test func aTensorBeyondItsStorageIsRefused() {
        for (shape, strides, offset) in [
            ([1 << 40, 1 << 40], [0, 0], 0), ([1 << 20], [0], 0), ([2], [-1], 1), ([2], [1], -1), ([2, 2], [4, 1], 0),
            ([1], [1], 4), ([-1], [1], 0), ([Int.max, 2], [Int.max, 1], 0),
            (Array(repeating: 1, count: 65), Array(repeating: 1, count: 65), 0),
        ] {
            var archive = TorchArchive()
            archive.raw("}")
            archive.text("w")
            archive.tensor("0", of: "FloatStorage", count: 4, shape: shape, strides: strides, offset: offset)
            archive.raw("s")
            #expect(message(archive, ["0": [UInt8](repeating: 0, count: 16)]) != nil, "\(shape) \(strides) \(offset)")
        }
    }

    @Test func twoOfOneNameAreRefused() throws {
        var archive = TorchArchive()
        archive.raw("}")
        for _ in 0..<2 {
            archive.text("w")
            archive.tensor("0", of: "FloatStorage", count: 1, shape: [1])
            archive.raw("s")
        }
        #expect(message(archive, ["0": [0, 0, 0, 0]])?.contains("twice") == true)
        let twice = TorchArchive.zip([("a/data.pkl", [0x2E]), ("a/data.pkl", [0x2E])])
        try CheckpointFixtures.withFile(twice) { path in
            _ = #expect(throws: VLMError.self) { try PyTorchStateDict(contentsOf: path) }
        }
    }

    private func bytes<T: FixedWidthInteger>(_ values: [T], big: Bool) -> [UInt8] {
        values.flatMap { withUnsafeBytes(of: big ? $0.bigEndian : $0.littleEndian) { [UInt8]($0) } }
    }

    /// The archive's `byteorder` was not looked at, and every number came out the wrong way round.
    @Test func numbersOfBigEndianMachinesAreTurned() throws {
        let values: [Float] = [1, -0.5, 3, 1024]
        for big in [false, true] {
            let storages: [(String, [UInt8])] = [
                ("FloatStorage", bytes(values.map(\.bitPattern), big: big)),
                ("HalfStorage", bytes(values.map { Float16($0).bitPattern }, big: big)),
                ("BFloat16Storage", bytes(values.map { UInt16($0.bitPattern >> 16) }, big: big)),
                ("DoubleStorage", bytes(values.map { Double($0).bitPattern }, big: big)),
            ]
            for (storage, bytes) in storages {
                var archive = TorchArchive()
                archive.raw("}")
                for (name, strides) in [("plain", [2, 1]), ("turned", [1, 2])] {
                    archive.text(name)
                    archive.tensor("0", of: storage, count: 4, shape: [2, 2], strides: strides)
                    archive.raw("s")
                }
                let found = try read(archive, ["0": bytes], byteorder: big ? "big" : "little")
                #expect(found["plain"] == values, "\(storage)")
                #expect(found["turned"] == [1, 3, -0.5, 1024], "\(storage)")
            }
        }
        var archive = TorchArchive()
        archive.raw("}")
        #expect(throws: VLMError.self) { try read(archive, byteorder: "middle") }
        #expect(try read(archive, byteorder: nil).isEmpty)
    }

    /// Storages of types that nobody here reads lie beside those that are read.
    @Test func typesThatNobodyReadsDoNotMatter() throws {
        var archive = TorchArchive()
        archive.raw("}")
        archive.text("w")
        archive.tensor("0", of: "FloatStorage", count: 1, shape: [1])
        archive.raw("s")
        for storage in ["ComplexFloatStorage", "QInt8Storage", "LongStorage", "BoolStorage"] {
            archive.text(storage)
            archive.tensor(storage, of: storage, count: 1, shape: [1])
            archive.raw("s")
        }
        var storages = ["0": bytes([Float(2).bitPattern], big: false)]
        for name in ["ComplexFloatStorage", "QInt8Storage", "LongStorage", "BoolStorage"] {
            storages[name] = [UInt8](repeating: 0, count: 8)
        }
        try CheckpointFixtures.withFile(archive.zipped(storages)) { path in
            let file = try PyTorchStateDict(contentsOf: path)
            #expect(try file.floats("w") == [2])
            for name in file.names where name != "w" {
                let error = #expect(throws: VLMError.self) { try file.floats(name) }
                #expect(error?.message.contains("not floating-point") == true)
            }
        }
    }

    @Test func numbersThatAreNotFiniteAreNamed() {
        var archive = TorchArchive()
        archive.raw("}")
        archive.text("w")
        archive.tensor("0", of: "FloatStorage", count: 2, shape: [2])
        archive.raw("s")
        let found = message(archive, ["0": bytes([Float(1).bitPattern, Float.nan.bitPattern], big: false)])
        #expect(found?.contains("tensor w") == true && found?.contains("not finite") == true)
    }

    /// Whoever waits no more is not worked for.
    @Test func readingLooksForCancellation() async throws {
        var archive = TorchArchive()
        archive.raw(String(repeating: "Nb", count: 10_000) + "}")
        let bytes = archive.zipped([:])
        let work = Task {
            try CheckpointFixtures.withFile(bytes) { path in
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try PyTorchStateDict(contentsOf: path)
            }
        }
        await #expect(throws: CancellationError.self) { try await work.value }
    }
}
