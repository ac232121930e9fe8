import Compute
import Foundation
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct SafetensorsTests {
    @Test func readsWhatTheReferenceWriterWrote() throws {
        let file = try SafetensorsFile(contentsOf: CheckpointFixtures.path("plain.safetensors"))
        #expect(file.names == ["half", "ids", "scalar"])
        #expect(file.metadata == ["made": "by the reference writer"])
        #expect(try file.floats("half") == CheckpointFixtures.reference().half)
        #expect(try file.matrix("half").columns == 64)
        #expect(try file.int64s("ids") == [1, -2])
        #expect(try file.shape("scalar") == [] && file.floats("scalar") == [3])
    }

    @Test func writesTheSameBytesInAnyOrder() throws {
        var first = SafetensorsWriter(metadata: ["kind": "object", "a": "b"])
        first.add("w", shape: [2, 2], floats: [1, -0.5, 3e-5, 65504], as: .f16)
        first.add("b", shape: [3], floats: [1, 3e38, -2], as: .bf16)
        first.add("n", shape: [1], int64s: [-7])
        var second = SafetensorsWriter(metadata: ["a": "b", "kind": "object"])
        second.add("n", shape: [1], int64s: [-7])
        second.add("b", shape: [3], floats: [1, 3e38, -2], as: .bf16)
        second.add("w", shape: [2, 2], floats: [1, -0.5, 3e-5, 65504], as: .f16)
        let bytes = try first.encoded()
        #expect(try bytes == second.encoded())
        let file = try SafetensorsFile(bytes: bytes)
        #expect(try file.floats("w") == [1, -0.5, Float(Float16(3e-5)), 65504])
        #expect(try file.floats("b") == [1, Float(bitPattern: 0x7f62_0000), -2])
        #expect(try file.int64s("n") == [-7])
        #expect(file.metadata == ["kind": "object", "a": "b"])
    }

    @Test func bfloat16RoundsToNearestEven() throws {
        var writer = SafetensorsWriter()
        let halfway = Float(bitPattern: 0x3f80_8000)
        let above = Float(bitPattern: 0x3f81_8000)
        writer.add("x", shape: [2], floats: [halfway, above], as: .bf16)
        let values = try SafetensorsFile(bytes: writer.encoded()).floats("x")
        #expect(values.map(\.bitPattern) == [0x3f80_0000, 0x3f82_0000])
    }

    @Test(arguments: [
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"Q7","shape":[2],"data_offsets":[0,8]}}"#,
        #"[1,2]"#, #"{"__metadata__":{"a":1}}"#, "{",
    ])
    func refusesLyingHeaders(header: String) {
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) }
        bytes += Array(header.utf8) + [UInt8](repeating: 0, count: 8)
        #expect(throws: VLMError.self) { try SafetensorsFile(bytes: bytes) }
    }

    @Test func survivesDamage() throws {
        let refused = try CheckpointFixtures.attack(CheckpointFixtures.bytes("plain.safetensors"), seed: 1) {
            let file = try SafetensorsFile(contentsOf: $0)
            for name in file.names where try file.elementType(name) == .f32 { _ = try file.floats(name) }
        }
        #expect(refused > 50)
    }

    @Test func namesTheMissingTensorAndTheWrongShape() throws {
        let file = try SafetensorsFile(contentsOf: CheckpointFixtures.path("plain.safetensors"))
        #expect(throws: VLMError.self) { try file.floats("ids") }
        #expect(throws: VLMError.self) { try file.matrix("scalar") }
        let error = #expect(throws: VLMError.self) { try file.floats("head.weight") }
        #expect(error?.message.contains("head.weight") == true)
    }
}
