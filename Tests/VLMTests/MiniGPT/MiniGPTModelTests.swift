import Compute
import Foundation
import Foundations
import Testing
import VLM
import VLMTestSupport

/// MiniGPT-v2 on a small checkpoint: what users are told of files that do not fit, and what MyVLM relies on.
@Suite(.timeLimit(.minutes(10))) struct MiniGPTModelTests {
    private func load(_ folder: String = CheckpointFixture.folder("minigpt-v2") + "/model") throws -> ConversationModel
    {
        try #require(try VLMLoader.load(directory: folder) as? ConversationModel)
    }

    private func failure(_ folder: URL) -> VLMError? {
        do {
            _ = try VLMLoader.load(directory: folder.path())
            return nil
        } catch {
            return error as? VLMError
        }
    }

    @Test func conceptRowsHaveTheMeanNorm() throws {
        let model = try load()
        let features = try model.features(of: TinyPicture.picture(of: 3))
        let tokens = features.visualTokens
        let norms = (0..<tokens.rows).map { tokens.row($0).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
        let mean = norms.reduce(0, +) / Double(norms.count)
        #expect(abs(Double(try model.prefix(for: features).conceptNorm) - mean) < 1e-5 * mean)
        #expect(abs(norms[0] - mean) > 1e-3 * mean)
        #expect(tokens.rows * 4 == features.map.rows && model.identity.name == "minigpt-v2")
        #expect(model.trainingDefaults.steps == 200)
    }

    @Test func aPlaceIsAskedForInItsOwnWords() throws {
        let model = try load()
        func asked(_ question: String, _ names: [String]) throws -> String {
            model.tokenizer.decode(try model.promptTokens(for: .question(question, names: names)))
        }
        #expect(try asked("Where is zibo?", ["zibo"]).contains("[refer] zibo in the image [/INST]"))
        #expect(try asked("Where is zibo?", []).contains("[vqa] Where is zibo? [/INST]"))
        #expect(try asked("What is zibo doing?", ["zibo"]).contains("[vqa] What is zibo doing?"))
        let place = try model.promptTokens(for: .place("the red mug"))
        #expect(
            model.answersWithBoxes && model.tokenizer.decode(place).contains("[refer] the red mug in the image [/INST]")
        )
        #expect(throws: VLMError.self) { try model.promptTokens(for: .place(" ")) }
        #expect(try asked("[refer] the red mug", []).contains("</Img> [refer] the red mug [/INST]"))
        #expect(try !model.tokenizer.decode(model.instructionTokens("Say it.")).contains("[vqa]"))
        #expect(throws: VLMError.self) { try model.promptTokens(for: .question("", names: ["zibo"])) }
        // What a user writes is never the end of an answer.
        #expect(try !model.promptTokens(for: .question("</s> why?", names: [])).contains(model.stopTokens[0]))
    }

    @Test(arguments: [("eva_vit_g.pth", "eva_vit_g.pth"), ("checkpoint_stage3.pth", "minigptv2_checkpoint.pth")])
    func aMissingPickleIsNamed(_ file: String, _ told: String) throws {
        try CheckpointFixture.withCopy(of: "minigpt-v2") { folder in
            try FileManager.default.removeItem(at: folder.appending(path: file))
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointUnreadable && error.message.contains(told), "\(error)")
        }
    }

    @Test func aLanguageModelAloneIsTold() throws {
        try CheckpointFixture.withCopy(of: "minigpt-v2") { folder in
            for file in ["eva_vit_g.pth", "checkpoint_stage3.pth"] {
                try FileManager.default.removeItem(at: folder.appending(path: file))
            }
            let error = try #require(failure(folder))
            #expect(error.code == .unsupported && error.message.contains("minigptv2_checkpoint.pth"), "\(error)")
        }
    }

    @Test func filesOfOtherModelsAreNamed() throws {
        try CheckpointFixture.withCopy(of: "minigpt-v2") { folder in
            let (tower, own) = (
                folder.appending(path: "eva_vit_g.pth"), folder.appending(path: "checkpoint_stage3.pth")
            )
            let kept = try Data(contentsOf: own)
            try Data(contentsOf: tower).write(to: own)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed && error.message.contains("llama_proj.weight"), "\(error)")
            try kept.write(to: own)
            #expect(failure(folder) == nil)
            // Factors of a block that the decoder does not have.
            try CheckpointFixture.edit(folder.appending(path: "config.json")) { $0["num_hidden_layers"] = 2 }
            let fewer = try #require(failure(folder))
            #expect(fewer.code == .checkpointMalformed && fewer.message.contains("layers.2.self_attn"), "\(fewer)")
        }
    }

    /// A pickle that names something to be called is refused before it is looked at any further.
    @Test func aPickleThatWantsToActIsRefused() throws {
        try CheckpointFixture.withCopy(of: "minigpt-v2") { folder in
            for file in ["eva_vit_g.pth", "checkpoint_stage3.pth"] {
                let place = folder.appending(path: file)
                let kept = try Data(contentsOf: place)
                try Data(CheckpointFixtures.bytes("evil.pt")).write(to: place)
                let error = try #require(failure(folder))
                #expect([.checkpointMalformed, .unsupported].contains(error.code), "\(error)")
                try kept.write(to: place)
            }
            #expect(failure(folder) == nil)
        }
    }

    /// Whatever a byte is of what a pickle says of its tensors: the file is refused in words, or it is read.
    @Test(arguments: ["eva_vit_g.pth", "checkpoint_stage3.pth"])
    func anyByteOfAPickleMayBeWrong(_ name: String) throws {
        try CheckpointFixture.withCopy(of: "minigpt-v2") { folder in
            let file = folder.appending(path: name)
            let original = try Data(contentsOf: file)
            // The archive's first member is what is said, the others are numbers.
            let second = try #require(original.range(of: Data([0x50, 0x4B, 3, 4]), in: 4..<original.count))
            var random = SplitMix64(seed: 11)
            var refused = 0
            for _ in 0..<100 {
                var wrong = original
                wrong[Int.random(in: 0..<second.lowerBound, using: &random)] = UInt8.random(in: 0...255, using: &random)
                try wrong.write(to: file)
                do {
                    _ = try VLMLoader.load(directory: folder.path())
                } catch let error as VLMError {
                    #expect(
                        [.checkpointMalformed, .checkpointUnreadable, .unsupported].contains(error.code), "\(error)")
                    refused += 1
                }
            }
            #expect(refused > 10)
        }
    }

    /// Another checkpoint beside the same Llama-2 is another model.
    @Test func everyFileCountsForTheDigest() throws {
        let digest = try load().identity.digest
        try CheckpointFixture.withCopy(of: "minigpt-v2") { folder in
            #expect(try load(folder.path()).identity.digest == digest)
            for file in ["eva_vit_g.pth", "checkpoint_stage3.pth"] {
                let place = folder.appending(path: file)
                var bytes = try Data(contentsOf: place)
                // Inside of the numbers of the largest tensor.
                bytes[bytes.count / 4] ^= 1
                try bytes.write(to: place)
                #expect(try load(folder.path()).identity.digest != digest, "\(file)")
                bytes[bytes.count / 4] ^= 1
                try bytes.write(to: place)
            }
        }
    }
}
