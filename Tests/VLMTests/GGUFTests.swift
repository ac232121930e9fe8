import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct GGUFTests {
    @Test(arguments: ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1"])
    func dequantisesAsTheReference(name: String) throws {
        let file = try GGUFFile(contentsOf: CheckpointFixtures.path("blocks.gguf"))
        let expected = try #require(try CheckpointFixtures.reference().blocks[name])
        #expect(try file.shape(name) == [3, 64])
        let values = try file.floats(name)
        #expect(values.count == expected.count)
        // The reference dequantises in float32 too; only the rounding of scale * q + min may differ (fused or not).
        for (value, reference) in zip(values, expected) {
            #expect(abs(value - reference) <= 2e-7 * max(1, abs(reference)))
        }
    }

    @Test func readsMetadata() throws {
        let file = try GGUFFile(contentsOf: CheckpointFixtures.path("blocks.gguf"))
        #expect(try file.string("general.architecture") == "llama")
        #expect(try file.integer("llama.block_count") == 3)
        #expect(try file.float("llama.rope.freq_base") == 10000)
        #expect(try file.strings("tokenizer.ggml.tokens") == ["a", "b", "ü"])
        #expect(try file.integers("tokenizer.ggml.token_type") == [1, 1, 3])
        #expect(throws: VLMError.self) { try file.integer("general.architecture") }
        #expect(throws: VLMError.self) { try file.floats("no such tensor") }
    }

    @Test func survivesDamage() throws {
        let refused = try CheckpointFixtures.attack(CheckpointFixtures.bytes("blocks.gguf"), seed: 2) { path in
            let file = try GGUFFile(contentsOf: path)
            for name in file.names { _ = try file.floats(name) }
        }
        #expect(refused > 50)
    }

    @Test func refusesAnotherFormat() throws {
        let error = #expect(throws: VLMError.self) {
            try GGUFFile(contentsOf: CheckpointFixtures.path("head-zip.pt"))
        }
        #expect(error?.code == .checkpointMalformed)
        #expect(throws: VLMError.self) { try GGUFFile(contentsOf: "/no/such/file") }
    }
}
