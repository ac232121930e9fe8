import Compute
import Foundation
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct EfficientNetLiteTests {
    private struct Golden: Decodable {
        let variant: String
        let size: Int
        let pooled: [Float]
        let logits: [Float]
        let row: Int
        let map_row: [Float]
    }

    private static let checkpoint: String? = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["MYVLM_HOME"] ?? "\(environment["HOME"] ?? "")/.cache/myvlm"
        let path = "\(home)/models/pocket/efficientnet-lite.pth"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    private static func golden() throws -> Golden {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/encoder.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }

    /// The largest difference, relative to the largest magnitude of the reference.
    private static func difference(_ values: some Collection<Float>, _ reference: [Float]) -> Float {
        let scale = reference.map(abs).max() ?? 1
        return zip(values, reference).map { abs($0 - $1) / scale }.max() ?? .infinity
    }

    /// Float32 sums in another order and folded batch norms differ by rounding only: 1e-4 of the largest value is
    /// ten times what is seen.
    @Test(.enabled(if: checkpoint != nil, "the default model is not installed: run Scripts/setup"))
    func agreesWithPyTorch() throws {
        let golden = try Self.golden()
        let variant = try #require(EfficientNetShape.Variant(rawValue: golden.variant))
        let encoder = try EfficientNetLite(
            stateDict: PyTorchStateDict(contentsOf: try #require(Self.checkpoint)), variant: variant, epsilon: 1e-3)
        let size = golden.size
        var pixels: [Float] = []
        for y in 0..<size {
            for x in 0..<size {
                for channel in 0..<3 { pixels.append(Float((7 * y + 13 * x + 29 * channel) % 255) / 127.5 - 1) }
            }
        }
        let output = encoder(pixels, size: size)
        #expect(output.map.rows == 49 && output.map.columns == 1280)
        #expect(Self.difference(output.pooled, golden.pooled) < 1e-4)
        #expect(Self.difference(output.logits, golden.logits) < 1e-4)
        #expect(Self.difference(output.map.row(golden.row), golden.map_row) < 1e-4)
    }

    @Test func scalesTheFamily() {
        #expect(EfficientNetShape(.lite0).blocks.count == 16)
        #expect(EfficientNetShape(.lite2).blocks.last?.outputs == 352)
        #expect(EfficientNetShape(.lite2).blocks.count == 21)
    }

    @Test(.enabled(if: checkpoint != nil, "the default model is not installed: run Scripts/setup"))
    func refusesAnotherVariant() throws {
        let file = try PyTorchStateDict(contentsOf: try #require(Self.checkpoint))
        let error = #expect(throws: VLMError.self) {
            try EfficientNetLite(stateDict: file, variant: .lite0, epsilon: 1e-3)
        }
        #expect(error?.code == .checkpointMalformed)
    }
}
