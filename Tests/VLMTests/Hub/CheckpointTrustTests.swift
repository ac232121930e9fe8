import Foundation
import Testing
import VLM

/// What a checkpoint's files say is compared with each other when it is loaded, not when somebody asks it.
@Suite(.timeLimit(.minutes(10))) struct CheckpointTrustTests {
    private func failure(_ folder: URL, _ options: LoadOptions = LoadOptions()) -> VLMError? {
        do {
            _ = try VLMLoader.load(directory: folder.path(), options: options)
            return nil
        } catch {
            return error as? VLMError
        }
    }

    private func edit(_ folder: URL, _ file: String, _ key: String, _ value: Any, below part: String? = nil) throws {
        try CheckpointFixture.edit(folder.appending(path: file)) { object in
            guard let part else { return object[key] = value }
            var inner = object[part] as? [String: Any] ?? [:]
            inner[key] = value
            object[part] = inner
        }
    }

    /// The crop was believed, and the first picture ended the server.
    @Test func aCropOfAnotherSizeThanTheTowersIsRefused() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            try edit(folder, "preprocessor_config.json", "crop_size", ["height": 24, "width": 24])
            let error = try #require(failure(folder))
            #expect(
                error.code == .unsupported && error.message.contains("24 x 24") && error.message.contains("42 x 42"))
            // The same of an encoder of heads.
            try CheckpointFixture.withCopy(of: "clip") { encoder in
                try edit(encoder, "preprocessor_config.json", "do_center_crop", false)
                let model = URL(filePath: CheckpointFixture.folder("llava") + "/model")
                let error = try #require(failure(model, LoadOptions(headEncoder: encoder.path())))
                #expect(error.code == .unsupported && error.message.contains("various sizes"))
            }
        }
    }

    /// The table has 486 rows; a first token beyond it was found by every request anew.
    @Test(
        arguments: [
            ("config.json", "bos_token_id", "text_config"), ("config.json", "eos_token_id", "text_config"),
            ("generation_config.json", "bos_token_id", nil), ("generation_config.json", "eos_token_id", nil),
        ] as [(String, String, String?)])
    func namedTokensStandInTheTable(_ file: String, _ key: String, _ part: String?) throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            try edit(folder, file, key, 5000, below: part)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed)
            #expect(error.message.contains("5000") && error.message.contains(key) && error.message.contains("486 rows"))
        }
    }

    @Test func theDecodersFirstTokenStandsInTheTable() throws {
        try CheckpointFixture.withCopy(of: "blip2-t5") { folder in
            try edit(folder, "config.json", "decoder_start_token_id", 133, below: "text_config")
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed && error.message.contains("decoder_start_token_id"))
        }
    }

    /// A tokenizer of another model: what people write would have no row.
    @Test func aTokenizerBeyondTheTableIsRefused() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            try CheckpointFixture.edit(folder.appending(path: "tokenizer.json")) { file in
                let added = file["added_tokens"] as? [Any] ?? []
                file["added_tokens"] =
                    added + [["id": 700, "content": "zibo", "special": false, "normalized": false] as [String: Any]]
            }
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed && error.message.contains("700"))
        }
    }

    @Test func aContextWithoutRoomIsRefused() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            try edit(folder, "config.json", "max_position_embeddings", 60, below: "text_config")
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointMalformed && error.message.contains("max_position_embeddings"))
        }
    }

    /// transformers 5 writes the image processor into processor_config.json and nothing else.
    @Test func theImageProcessorMayStandInTheProcessorsFile() throws {
        try CheckpointFixture.withCopy(of: "llava") { folder in
            let own = folder.appending(path: "preprocessor_config.json")
            let joint = folder.appending(path: "processor_config.json")
            let stated = try JSONSerialization.jsonObject(with: Data(contentsOf: own))
            // Both: a file that holds no image processor changes nothing.
            try JSONSerialization.data(withJSONObject: ["processor_class": "LlavaProcessor"]).write(to: joint)
            #expect(failure(folder) == nil)
            try FileManager.default.removeItem(at: own)
            let error = try #require(failure(folder))
            #expect(error.code == .checkpointUnreadable && error.message.contains("preprocessor_config.json"))
            #expect(error.message.contains("fetch this model again") && !error.message.contains("Scripts/setup"))
            try JSONSerialization.data(withJSONObject: ["image_processor": stated, "patch_size": 6] as [String: Any])
                .write(to: joint)
            #expect(failure(folder) == nil)
        }
    }

    /// A number that is none made every answer the first token; its tensor is named before anybody asks. Tensors of
    /// layers that nobody reads do not matter.
    @Test(arguments: ["llava", "blip2-opt", "blip2-t5", "clip"])
    func numbersThatAreNotFiniteAreRefused(_ name: String) throws {
        try CheckpointFixture.withCopy(of: name) { folder in
            let isEncoder = name == "clip"
            let model = isEncoder ? URL(filePath: CheckpointFixture.folder("llava") + "/model") : folder
            let options = LoadOptions(headEncoder: isEncoder ? folder.path() : nil)
            var refused = 0
            for shard in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            where shard.pathExtension == "safetensors" {
                let original = try Data(contentsOf: shard)
                let length = Int(original.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
                let header = try #require(
                    try JSONSerialization.jsonObject(with: original[8..<8 + length]) as? [String: Any])
                // Every third tensor: all kinds are among them.
                for (tensor, entry) in header.sorted(by: { $0.key < $1.key }).enumerated()
                    .filter({ $0.offset % 3 == 0 }).map(\.element)
                {
                    guard let entry = entry as? [String: Any], let offsets = entry["data_offsets"] as? [Int] else {
                        continue
                    }
                    var bytes = original
                    let last = 8 + length + offsets[1]
                    bytes.replaceSubrange(last - 2..<last, with: [0xC0, 0x7F])
                    try bytes.write(to: shard)
                    guard let error = failure(model, options) else { continue }
                    #expect(error.code == .checkpointMalformed && error.message.contains(tensor), "\(tensor): \(error)")
                    #expect(error.message.contains("not finite"))
                    refused += 1
                }
                try original.write(to: shard)
            }
            #expect(refused > 10)
        }
    }

    /// Whole numbers beside the weights, of types nobody here reads.
    @Test func typesThatNobodyReadsDoNotMatter() throws {
        let kinds = [
            "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64, "F64": 64,
            "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
        ]
        for (kind, bits) in kinds {
            let size = bits * 8 / 8
            let header = #"{"x":{"dtype":"\#(kind)","shape":[8],"data_offsets":[0,\#(size)]}}"#
            var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) }
            bytes += Array(header.utf8) + [UInt8](repeating: 0, count: size)
            let file = try SafetensorsFile(bytes: bytes)
            #expect(try file.shape("x") == [8])
            guard kind != "F64" else { continue }
            #expect(throws: VLMError.self) { try file.floats("x") }
        }
    }
}
