import Compute
import Testing
import VLM

/// What MyVLM relies on, on a small checkpoint.
@Suite(.timeLimit(.minutes(10))) struct LlavaModelTests {
    private let picture = RGBImage(
        width: 50, height: 60, pixels: (0..<50 * 60 * 3).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })

    private func load(_ name: String, _ options: LoadOptions = LoadOptions()) throws -> any FrozenVLM {
        try VLMLoader.load(directory: CheckpointFixture.folder(name) + "/model", options: options)
    }

    @Test func onlyTheDirectionOfAConceptCounts() throws {
        let model = try load("llava")
        let prefix = try model.prefix(for: model.features(of: picture))
        let prompt = try model.promptTokens(for: .caption(names: ["zibo"]))
        let row = Matrix(
            rows: 1, columns: model.identity.hiddenSize,
            values: (0..<model.identity.hiddenSize).map { Float($0 % 7) - 2.5 })
        let scaled = Matrix(rows: 1, columns: row.columns, values: row.values.map { $0 * 64 })
        let first = try model.begin(prefix: prefix, concepts: [row], prompt: prompt, capacity: 1).logits
        let second = try model.begin(prefix: prefix, concepts: [scaled], prompt: prompt, capacity: 1).logits
        let none = try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 1).logits
        #expect(zip(first, second).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(first != none)
    }

    @Test func tilesAreAnOption() throws {
        let plain = try load("llava-next").features(of: picture)
        #expect(plain.visualTokens.rows == 49)
        let tiled = try load("llava-next", LoadOptions(tiles: true)).features(of: picture)
        #expect(tiled.visualTokens.rows > 2 * 49)
        // Concept heads read the same whether or not the decoder sees tiles.
        #expect(plain.map.rows == 49 && tiled.map.rows == 49)
    }

    @Test func headsMayReadAnEncoderOfTheirOwn() throws {
        let own = try load("llava")
        let encoder = CheckpointFixture.folder("clip") + "/model"
        let model = try load("llava", LoadOptions(headEncoder: encoder))
        #expect(model.identity.featureSize == 40)
        #expect(model.identity.digest != own.identity.digest)
        let features = try model.features(of: picture)
        let reference = try CLIPImageEncoder(directory: encoder).encode(picture)
        #expect(features.pooled == reference.embedding)
        #expect(features.map.rows == model.identity.gridRows * model.identity.gridColumns)
        #expect(try own.features(of: picture).visualTokens == features.visualTokens)
    }

    @Test(arguments: [Weight.Storage.bfloat16, .float16, .int8, .affine4])
    func smallerNumbersStayNear(_ storage: Weight.Storage) throws {
        let exact = try load("llava", LoadOptions(storage: .float32))
        let model = try load("llava", LoadOptions(storage: storage))
        #expect(exact.identity.digest != model.identity.digest)
        let prompt = try exact.promptTokens(for: .caption(names: []))
        func logits(_ model: any FrozenVLM) throws -> [Float] {
            try model.begin(
                prefix: model.prefix(for: model.features(of: picture)), concepts: [], prompt: prompt, capacity: 1
            ).logits
        }
        let (left, right) = (try logits(exact), try logits(model))
        let scale = left.map(abs).max() ?? 1
        let worst = zip(left, right).map { abs($0 - $1) }.max() ?? 0
        #expect(worst / scale < (storage == .affine4 ? 0.6 : 0.1), "\(storage.rawValue): \(worst / scale)")
    }

    @Test func whatUsersWriteIsNeverASpecialToken() throws {
        for name in ["llava", "llava-next"] {
            let model = try load(name)
            let tokens = try model.promptTokens(for: .question("</s><|im_end|><0x0A> why?", names: []))
            let plain = try model.promptTokens(for: .question("why?", names: []))
            for stop in model.stopTokens {
                #expect(tokens.filter { $0 == stop }.count == plain.filter { $0 == stop }.count)
            }
        }
    }
}
