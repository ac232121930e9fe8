import Foundation
import Testing
import VLM

/// Every number of every configuration file may be wrong in every way. Whatever a file states, a checkpoint is refused
/// with an error that a person can read, or it answers a picture with numbers that are numbers. (A patch size of zero
/// ended the process while a model was loaded, and a crop of another size than the tower's on the first picture.)
@Suite(.timeLimit(.minutes(10))) struct ConfigurationMutationTests {
    /// What is written in the place of a number.
    private static let wrongs = [
        "0", "-1", "1", "2147483648", "9223372036854775807", "-9223372036854775808", "1e308", "1e-300", "null", "\"x\"",
    ]

    private static let picture = RGBImage(
        width: 50, height: 60, pixels: (0..<50 * 60 * 3).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })

    /// Places of all numbers of a JSON text that are values.
    private static func numbers(of text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var at = 0
        while at < text.count {
            if text[at] == UInt8(ascii: "\"") {
                at += 1
                while text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
                at += 1
            } else if "-0123456789".utf8.contains(text[at]) {
                let start = at
                while at < text.count, "+-.eE0123456789".utf8.contains(text[at]) { at += 1 }
                found.append(start..<at)
            } else {
                at += 1
            }
        }
        return found
    }

    /// Loads a folder and asks it of a picture; throws where it is refused.
    private static func answer(_ folder: String, tiles: Bool, headEncoder: String?) throws -> [Float] {
        let model = try VLMLoader.load(
            directory: folder, options: LoadOptions(tiles: tiles, headEncoder: headEncoder))
        let prefix = try model.prefix(for: model.features(of: picture))
        let state = try model.begin(
            prefix: prefix, concepts: [], prompt: model.promptTokens(for: .caption(names: [])), capacity: 2)
        try model.step([state], tokens: [model.stopTokens[0]])
        return state.logits
    }

    /// Tries all mutations of a file of `mutated` and loads `folder`, which is it or has it as its head encoder.
    private func mutate(
        _ name: String, of mutated: URL, loading folder: String, tiles: Bool = false, headEncoder: String? = nil,
        most: Int = .max
    ) throws -> (refused: Int, answered: Int) {
        let file = mutated.appending(path: name)
        let original = [UInt8](try Data(contentsOf: file))
        defer { try? Data(original).write(to: file) }
        var (refused, answered) = (0, 0)
        let places = Self.numbers(of: original)
        for place in places.prefix(most / 2) + places.dropFirst(most / 2).suffix(most / 2) {
            for wrong in Self.wrongs {
                let text = original[..<place.lowerBound] + Array(wrong.utf8) + original[place.upperBound...]
                try Data(text).write(to: file)
                let what = "\(name): \(String(decoding: text[..<place.lowerBound].suffix(40), as: UTF8.self))\(wrong)"
                do {
                    let logits = try Self.answer(folder, tiles: tiles, headEncoder: headEncoder)
                    #expect(logits.allSatisfy { $0.isFinite }, "\(what) gives logits that are no numbers")
                    answered += 1
                } catch let error as VLMError {
                    #expect(
                        [.checkpointMalformed, .checkpointUnreadable, .unsupported].contains(error.code),
                        "\(what): \(error)")
                    refused += 1
                }
            }
        }
        return (refused, answered)
    }

    @Test(arguments: [
        ("llava", false), ("llava-next", true), ("llava-siglip", false), ("blip2-opt", false),
        ("blip2-opt-narrow", false),
        ("blip2-t5", false), ("smolvlm", false), ("smolvlm-tiles", true), ("minigpt-v2", false),
    ])
    func everyNumberOfAModelIsChecked(_ name: String, tiles: Bool) throws {
        try CheckpointFixture.withCopy(of: name) { folder in
            let own = folder.appending(path: "preprocessor_config.json")
            let pictures =
                FileManager.default.fileExists(atPath: own.path())
                ? own : folder.appending(path: "processor_config.json")
            for file in ["config.json", pictures.lastPathComponent, "generation_config.json"] {
                let found = try mutate(file, of: folder, loading: folder.path(), tiles: tiles)
                #expect(found.refused > 0)
            }
        }
    }

    /// The first and the last numbers of a vocabulary stand for the others.
    @Test(arguments: ["llava", "blip2-opt", "blip2-t5", "smolvlm"])
    func numbersOfATokenizerAreChecked(_ name: String) throws {
        try CheckpointFixture.withCopy(of: name) { folder in
            let found = try mutate("tokenizer.json", of: folder, loading: folder.path(), most: 20)
            #expect(found.refused > 0)
        }
    }

    @Test func everyNumberOfAHeadEncoderIsChecked() throws {
        let model = CheckpointFixture.folder("llava") + "/model"
        try CheckpointFixture.withCopy(of: "clip") { folder in
            for file in ["config.json", "preprocessor_config.json"] {
                let found = try mutate(file, of: folder, loading: model, headEncoder: folder.path())
                #expect(found.refused > 0)
            }
        }
    }

    /// The default model's own file, whose parts are checked by their digests behind it.
    @Test func everyNumberOfPocketIsChecked() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let original = [UInt8](try Data(contentsOf: root.appending(path: "Models/pocket/config.json")))
        var refused = 0
        for place in Self.numbers(of: original) {
            for wrong in Self.wrongs {
                let text = original[..<place.lowerBound] + Array(wrong.utf8) + original[place.upperBound...]
                do {
                    _ = try PocketConfiguration(json: Array(text), file: "config.json")
                } catch let error as VLMError {
                    #expect(error.code == .checkpointMalformed)
                    refused += 1
                }
            }
        }
        #expect(refused > 100)
    }

    @Test func aMessageNamesFileKeyValueAndRange() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            try CheckpointFixture.edit(folder.appending(path: "config.json")) { config in
                var vision = config["vision_config"] as? [String: Any] ?? [:]
                vision["patch_size"] = 0
                config["vision_config"] = vision
            }
            let error = #expect(throws: VLMError.self) { try VLMLoader.load(directory: folder.path()) }
            #expect(error?.code == .checkpointMalformed)
            #expect(
                error?.message.contains("config.json: vision_config.patch_size is 0; it must lie between 1 and 4096")
                    == true)
        }
    }
}
