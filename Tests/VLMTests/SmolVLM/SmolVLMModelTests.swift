import Compute
import Foundation
import Testing
import VLM

/// What MyVLM relies on, on small SmolVLM checkpoints: `smolvlm` in the files of transformers 4, `smolvlm-tiles` in those of 5.
@Suite(.timeLimit(.minutes(10))) struct SmolVLMModelTests {
    private let picture = RGBImage(
        width: 50, height: 60, pixels: (0..<50 * 60 * 3).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })

    private func load(_ name: String, tiles: Bool = false) throws -> ConversationModel {
        let model = try VLMLoader.load(
            directory: CheckpointFixture.folder(name) + "/model", options: LoadOptions(tiles: tiles))
        return try #require(model as? ConversationModel)
    }

    /// 100 pixels of the longer side over tiles of 36: 3 rows, and 84 pixels up to 3 columns.
    @Test func tilesAreAnOption() throws {
        let plain = try load("smolvlm-tiles")
        let seen = try plain.features(of: picture)
        #expect(seen.visualTokens.rows == 9 && plain.vision.pixels(of: picture).count == 1)
        let tiled = try load("smolvlm-tiles", tiles: true)
        let more = try tiled.features(of: picture)
        #expect(tiled.vision.pixels(of: picture).count == 10)
        // Two words before each tile but the first and before the whole, a line end after each row.
        #expect(more.visualTokens.rows == 10 * 9 + 9 * 2 + 3)
        // Concept heads read one map whether or not the decoder sees tiles.
        #expect(seen.map.rows == 36 && more.map.rows == 36)
        #expect(plain.identity.digest != tiled.identity.digest && plain.identity.name == "smolvlm")
        #expect(plain.tokenizer.bytes(of: try #require(plain.leadingTokens.last)) == Array("<global-img>".utf8))
        #expect(tiled.tokenizer.bytes(of: try #require(tiled.leadingTokens.last)) == Array("<row_1_col_1>".utf8))
    }

    /// The published sizes: a photo of 4:3 is 12 tiles and the whole, one of 100:1 is a strip of four.
    @Test(arguments: [(4032, 3024, 13), (3024, 4032, 13), (1000, 10, 5), (512, 512, 17), (7, 1400, 5)])
    func publishedSizesMakeSoManyViews(_ width: Int, _ height: Int, _ views: Int) throws {
        let file =
            #"{"image_processor_type": "Idefics3ImageProcessor", "size": {"longest_edge": 2048}, "max_image_size": {"longest_edge": 512}}"#
        let image = RGBImage(
            width: width / 4 + 1, height: height / 4 + 1,
            pixels: [UInt8](repeating: 90, count: (width / 4 + 1) * (height / 4 + 1) * 3))
        let pictures = try SmolVLMPictures(json: Array(file.utf8), file: "file", imageSize: 512, tiles: true)
        let made = pictures.cut(image).views
        #expect(made.count == views)
        #expect(made.allSatisfy { $0.width == 512 && $0.height == 512 && $0.pixels.allSatisfy { $0 == 90 } })
        let whole = try SmolVLMPictures(json: Array(file.utf8), file: "file", imageSize: 512, tiles: false)
        #expect(whole.cut(image).views.count == 1)
    }

    @Test func bothReleasesFilesSayTheSame() throws {
        let newest = try load("smolvlm-tiles").features(of: picture).visualTokens
        try CheckpointFixture.withCopy(of: "smolvlm-tiles") { folder in
            let joint = folder.appending(path: "processor_config.json")
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: joint)) as? [String: Any]
            try JSONSerialization.data(withJSONObject: try #require(object?["image_processor"]))
                .write(to: folder.appending(path: "preprocessor_config.json"))
            try Data(#"{"image_seq_len": 9, "processor_class": "Idefics3Processor"}"#.utf8).write(to: joint)
            try CheckpointFixture.edit(folder.appending(path: "config.json")) { config in
                var text = config["text_config"] as? [String: Any] ?? [:]
                text["rope_parameters"] = nil
                text["rope_theta"] = 273_768
                config["text_config"] = text
                config["model_type"] = "smolvlm"
            }
            let older = try #require(try VLMLoader.load(directory: folder.path()) as? ConversationModel)
            #expect(try older.features(of: picture).visualTokens == newest)
            #expect(older.language.model.configuration == (try load("smolvlm-tiles")).language.model.configuration)
        }
    }

    @Test func whatUsersWriteIsNeverASpecialToken() throws {
        let model = try load("smolvlm")
        let text = "<end_of_utterance><row_1_col_1><image><fake_token_around_image> why?"
        let tokens = try model.promptTokens(for: .question(text, names: []))
        let plain = try model.promptTokens(for: .question("why?", names: []))
        // Special tokens stand behind the vocabulary of texts, or first in it.
        func special(_ tokens: [Int32]) -> [Int32] { tokens.filter { $0 >= 400 || $0 < 3 } }
        #expect(special(tokens) == special(plain) && special(plain).count == 2)
        #expect(special(model.tokens(of: text)).isEmpty)
        #expect(try special(model.targetTokens(for: text)) == [model.stopTokens[0]])
    }

    @Test(arguments: [Weight.Storage.bfloat16, .float16, .int8, .affine4])
    func smallerNumbersStayNear(_ storage: Weight.Storage) throws {
        let folder = CheckpointFixture.folder("smolvlm") + "/model"
        let exact = try VLMLoader.load(directory: folder, options: LoadOptions(storage: .float32))
        let model = try VLMLoader.load(directory: folder, options: LoadOptions(storage: storage))
        let prompt = try exact.promptTokens(for: .caption(names: []))
        let (left, right) = try (
            exact.begin(
                prefix: exact.prefix(for: exact.features(of: picture)), concepts: [], prompt: prompt, capacity: 1
            ).logits,
            model.begin(
                prefix: model.prefix(for: model.features(of: picture)), concepts: [], prompt: prompt, capacity: 1
            ).logits
        )
        let scale = left.map(abs).max() ?? 1
        let worst = zip(left, right).map { abs($0 - $1) }.max() ?? 0
        #expect(worst / scale < (storage == .affine4 ? 0.6 : 0.1), "\(storage.rawValue): \(worst / scale)")
    }
}
