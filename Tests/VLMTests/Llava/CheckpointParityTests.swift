import Foundation
import MyVLMParity
import Testing
import VLM

/// Small random checkpoints with the numbers transformers computed on them (`Tools/parity.py --fixture`).
@Suite(.timeLimit(.minutes(10))) struct CheckpointParityTests {
    /// The bound of a quantity, of the reference's largest magnitude; the same as in Tools/parity_reference/compare.py.
    private static func bound(of name: String) -> Float {
        switch name.prefix(while: { $0 != "." }) {
        case "gradient", "training": name == "training.rows" ? 1e-2 : 1e-3
        default: name.hasSuffix(".pixels") ? 1e-6 : 1e-4
        }
    }

    @Test func thereAreFixturesOfEveryKind() {
        for kind in ["llava", "llava-next", "smolvlm", "minigpt-v2", "clip", "blip2-opt", "blip2-t5"] {
            #expect(CheckpointFixture.names.contains(kind), "\(kind) has no fixture")
        }
    }

    @Test(arguments: CheckpointFixture.names) func everyNumberIsTransformers(_ name: String) throws {
        let folder = CheckpointFixture.folder(name)
        let found = try SafetensorsFile(bytes: ParityRun.answer(folder + "/request.json"))
        let expected = try SafetensorsFile(contentsOf: folder + "/expected.safetensors")
        #expect(!expected.names.isEmpty)
        for name in expected.names {
            try #require(found.contains(name), "\(name) is missing")
            #expect(try found.shape(name) == expected.shape(name), "\(name)")
            guard try expected.elementType(name) == .f32 else {
                #expect(try found.int64s(name) == expected.int64s(name), "\(name)")
                continue
            }
            let (left, right) = (try expected.floats(name), try found.floats(name))
            let scale = max(left.map(abs).max() ?? 0, .leastNormalMagnitude)
            let worst = zip(left, right).map { abs($0 - $1) }.max() ?? 0
            #expect(worst / scale <= Self.bound(of: name), "\(name) differs by \(worst / scale)")
        }
    }
}
