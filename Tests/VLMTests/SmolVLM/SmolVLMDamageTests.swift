import Foundation
import Testing
import VLM

/// What a user is told about a SmolVLM checkpoint that cannot be run: file, field, remedy.
@Suite(.timeLimit(.minutes(10))) struct SmolVLMDamageTests {
    private func failure(_ folder: URL, tiles: Bool = false) -> VLMError? {
        do {
            _ = try VLMLoader.load(directory: folder.path(), options: LoadOptions(tiles: tiles))
            return nil
        } catch {
            return error as? VLMError
        }
    }

    private func edit(_ folder: URL, _ file: String, _ part: String? = nil, _ key: String, _ value: Any?) throws {
        try CheckpointFixture.edit(folder.appending(path: file)) { object in
            guard let part else { return object[key] = value }
            var inner = object[part] as? [String: Any] ?? [:]
            inner[key] = value
            object[part] = inner
        }
    }

    /// Takes a token out of the tokenizer.
    private func forget(_ token: String, _ folder: URL) throws {
        try CheckpointFixture.edit(folder.appending(path: "tokenizer.json")) { file in
            let added = file["added_tokens"] as? [[String: Any]] ?? []
            file["added_tokens"] = added.filter { $0["content"] as? String != token }
        }
    }

    @Test(arguments: ["<fake_token_around_image>", "<global-img>", "<end_of_utterance>"])
    func aMissingSpecialTokenIsNamed(_ token: String) throws {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            try forget(token, folder)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains(token) && error.message.contains("tokenizer.json"))
        }
    }

    @Test func aTilesTokenIsNeededWithTilesAlone() throws {
        try CheckpointFixture.withCopy(of: "smolvlm-tiles") { folder in
            try forget("<row_2_col_3>", folder)
            #expect(failure(folder) == nil)
            let error = try #require(failure(folder, tiles: true))
            #expect(error.code == .checkpointMalformed && error.message.contains("<row_2_col_3>"))
        }
    }

    @Test(
        arguments: [
            ("config.json", nil, "scale_factor", 0, "scale_factor is 0"),
            ("config.json", nil, "scale_factor", 2, "scale_factor 2 does not divide the 9 patches"),
            ("config.json", "vision_config", "patch_size", 0, "vision_config.patch_size is 0"),
            ("config.json", "vision_config", "image_size", 0, "vision_config.image_size is 0"),
            ("config.json", "text_config", "hidden_size", 0, "text_config.hidden_size is 0"),
            ("preprocessor_config.json", "size", "longest_edge", 0, "size.longest_edge is 0"),
            ("preprocessor_config.json", "max_image_size", "longest_edge", 0, "max_image_size.longest_edge is 0"),
        ] as [(String, String?, String, Int, String)])
    func impossibleNumbersAreNamed(_ file: String, _ part: String?, _ key: String, _ value: Int, _ told: String) throws
    {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            try edit(folder, file, part, key, value)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains(told) && error.message.contains(file), "\(error)")
        }
    }

    @Test func filesOfDifferentModelsAreTold() throws {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            try edit(folder, "preprocessor_config.json", "max_image_size", "longest_edge", 48)
            let error = try #require(failure(folder))
            #expect(error.code == .unsupported)
            #expect(error.message.contains("48 x 48") && error.message.contains("56 x 56"))
            try edit(folder, "preprocessor_config.json", nil, "image_processor_type", "CLIPImageProcessor")
            #expect(try #require(failure(folder)).message.contains("CLIPImageProcessor"))
        }
    }

    @Test func moreTilesThanAreRunAreRefused() throws {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            try edit(folder, "preprocessor_config.json", "size", "longest_edge", 56 * 9)
            #expect(failure(folder) == nil)
            let error = try #require(failure(folder, tiles: true))
            #expect(error.code == .unsupported && error.message.contains("9 x 9 tiles"))
            try edit(folder, "preprocessor_config.json", nil, "do_resize", false)
            #expect(try #require(failure(folder, tiles: true)).message.contains("do_resize"))
            #expect(failure(folder) == nil)
        }
    }

    @Test func aTensorOfAnotherShapeIsNamed() throws {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            try edit(folder, "config.json", nil, "scale_factor", 1)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains("modality_projection.proj.weight has the shape [80, 540]"), "\(error)")
        }
    }

    @Test func aMissingShardIsNamed() throws {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            let shard = "model-00002-of-00002.safetensors"
            try FileManager.default.removeItem(at: folder.appending(path: shard))
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointUnreadable && error.message.contains(shard))
        }
    }

    /// Not tied and not there: half a download, not a model that says nothing.
    @Test func aMissingHeadIsNoTiedOne() throws {
        try CheckpointFixture.withCopy(of: "smolvlm-tiles") { folder in
            #expect(failure(folder) == nil)
            try edit(folder, "config.json", nil, "tie_word_embeddings", false)
            try edit(folder, "config.json", "text_config", "tie_word_embeddings", false)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed && error.message.contains("lm_head.weight"))
        }
    }

    @Test func anotherDecoderIsRefused() throws {
        try CheckpointFixture.withCopy(of: "smolvlm") { folder in
            try edit(folder, "config.json", "text_config", "model_type", "qwen2")
            #expect(try #require(failure(folder)).code == .unsupported)
            try edit(folder, "config.json", nil, "text_config", nil)
            #expect(try #require(failure(folder)).message.contains("text_config"))
        }
    }
}
