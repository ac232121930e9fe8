import Compute
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct PyTorchStateDictTests {
    @Test(arguments: ["head-zip.pt", "head-legacy.pt"])
    func readsBothForms(name: String) throws {
        let file = try PyTorchStateDict(contentsOf: CheckpointFixtures.path(name))
        let expected = try CheckpointFixtures.reference().head
        #expect(file.names == expected.keys.sorted())
        for (tensor, values) in expected { #expect(try file.floats(tensor) == values) }
        #expect(try file.shape("classifier.weight") == [2, 5])
        #expect(try file.matrix("classifier.weight").rows == 2)
    }

    @Test func joinsNestedKeysAndReadsHalfTypes() throws {
        let file = try PyTorchStateDict(contentsOf: CheckpointFixtures.path("embedding.pt"))
        let expected = try CheckpointFixtures.reference().embedding
        #expect(file.names == expected.keys.sorted())
        for (tensor, values) in expected { #expect(try file.floats(tensor) == values) }
    }

    @Test func executesNothing() throws {
        let error = #expect(throws: VLMError.self) {
            try PyTorchStateDict(contentsOf: CheckpointFixtures.path("evil.pt"))
        }
        #expect(error?.message.contains("nothing in a file is executed") == true)
    }

    @Test func readsTransposedTensors() throws {
        let file = try PyTorchStateDict(contentsOf: CheckpointFixtures.path("strided.pt"))
        #expect(try file.shape("weight") == [3, 2])
        #expect(try file.floats("weight") == [0, 3, 1, 4, 2, 5])
    }

    /// A dictionary put into itself must not be walked without end.
    @Test func refusesCycles() throws {
        // PROTO 2, magic as LONG1; protocol 1001; {}; then d = {}; d["a"] = d; then an empty list of storages.
        let magic: [UInt8] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
        let version: [UInt8] = [0x80, 2, UInt8(ascii: "M"), 0xe9, 0x03, 0x2e]
        let system: [UInt8] = [0x80, 2, UInt8(ascii: "}"), 0x2e]
        let cycle: [UInt8] =
            [0x80, 2, UInt8(ascii: "}"), UInt8(ascii: "q"), 0, UInt8(ascii: "X"), 1, 0, 0, 0, UInt8(ascii: "a")]
            + [UInt8(ascii: "h"), 0, UInt8(ascii: "s"), 0x2e]
        let storages: [UInt8] = [0x80, 2, UInt8(ascii: "]"), 0x2e]
        try CheckpointFixtures.withFile(magic + version + system + cycle + storages) { path in
            _ = #expect(throws: VLMError.self) { try PyTorchStateDict(contentsOf: path) }
        }
    }

    @Test(arguments: ["head-zip.pt", "head-legacy.pt", "embedding.pt"])
    func survivesDamage(name: String) throws {
        let refused = try CheckpointFixtures.attack(CheckpointFixtures.bytes(name), seed: 3) { path in
            let file = try PyTorchStateDict(contentsOf: path)
            for tensor in file.names { _ = try? file.floats(tensor) }
        }
        #expect(refused > 50)
    }
}
