import Compute
import Foundation
import Testing
import VLM

/// What a user is told about a checkpoint that cannot be run.
@Suite(.timeLimit(.minutes(10))) struct CheckpointDamageTests {
    private func failure(_ folder: URL) -> VLMError? {
        do {
            _ = try VLMLoader.load(directory: folder.path())
            return nil
        } catch {
            return error as? VLMError
        }
    }

    private func shards(_ folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "safetensors" }.sorted { $0.path() < $1.path() }
    }

    @Test func wholeCheckpointLoads() throws {
        let model = try VLMLoader.load(directory: CheckpointFixture.folder("llava") + "/model")
        #expect(model.identity.name == "llava")
        #expect(model.negatives.features.rows == 0)
        #expect(try #require(model as? any ConceptTrainable).trainingDefaults.tokens == 1)
    }

    @Test func truncatedShardIsNamed() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            let shard = try #require(try shards(folder).last)
            let bytes = try Data(contentsOf: shard)
            try bytes.prefix(bytes.count - 100).write(to: shard)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains(shard.lastPathComponent) && error.message.contains("truncated"))
        }
    }

    @Test func missingShardIsNamed() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            let shard = try #require(try shards(folder).first)
            try FileManager.default.removeItem(at: shard)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointUnreadable)
            #expect(error.message.contains(shard.lastPathComponent))
        }
    }

    @Test func missingTensorIsNamed() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            // One block more than the weights have.
            try CheckpointFixture.edit(folder.appending(path: "config.json")) { config in
                var text = config["text_config"] as? [String: Any] ?? [:]
                text["num_hidden_layers"] = 4
                config["text_config"] = text
            }
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains("layers.3."))
        }
    }

    @Test func wrongShapeIsTold() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            try CheckpointFixture.edit(folder.appending(path: "config.json")) { config in
                var text = config["text_config"] as? [String: Any] ?? [:]
                text["intermediate_size"] = 120
                config["text_config"] = text
            }
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains("_proj.weight has the shape") && error.message.contains("120"))
        }
    }

    @Test func unknownArchitectureNamesTheSupportedOnes() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            let config = folder.appending(path: "config.json")
            try CheckpointFixture.edit(config) { $0["model_type"] = "paligemma" }
            let outer = try #require(failure(folder))
            #expect(outer.code == .unsupported)
            #expect(outer.message.contains("paligemma"))
            let types = VLMLoader.supportedTypes
            #expect(types.count > 3 && types.allSatisfy { outer.message.contains($0) }, "\(outer.message)")

            try CheckpointFixture.edit(config) { config in
                config["model_type"] = "llava"
                config["text_config"] = ["model_type": "gpt_neox"]
            }
            let inner = try #require(failure(folder))
            #expect(inner.code == .unsupported)
            let decoders = HubLanguageConfiguration.Architecture.allCases.map(\.rawValue)
            #expect(inner.message.contains("gpt_neox"))
            #expect(decoders.count > 2 && decoders.allSatisfy { inner.message.contains($0) }, "\(inner.message)")
        }
    }

    @Test func headEncoderAloneIsPointedOut() throws {
        let error = try #require(failure(URL(filePath: CheckpointFixture.folder("clip") + "/model")))
        #expect(error.code == .unsupported)
        #expect(error.message.contains("concept heads"))
    }
}
