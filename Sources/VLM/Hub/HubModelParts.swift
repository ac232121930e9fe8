internal import Compute
import Foundation
import Foundations

/// What all downloaded models are made of beside their weights.
enum HubModelParts {
    /// A bank counts for the digest: heads subtract its mean.
    static func bankBytes(_ directory: ModelDirectory, _ options: LoadOptions) throws -> [[UInt8]] {
        options.readsBank && FileManager.default.fileExists(atPath: directory.file(NegativeBank.fileName))
            ? [try directory.bytes(NegativeBank.fileName)] : []
    }

    private struct Processor: Decodable {
        struct Part: Decodable {}
        let image_processor: Part?
    }

    /// How pictures are prepared, and the file that says so: `processor_config.json` where the image processor stands in
    /// it, as transformers 5 writes, else `preprocessor_config.json`.
    static func preprocessing(_ directory: ModelDirectory) throws -> (bytes: [UInt8], file: String) {
        let (joint, own) = ("processor_config.json", "preprocessor_config.json")
        if directory.has(joint) {
            let bytes = try directory.bytes(joint)
            let stated = try CheckpointJSON.decode(
                Processor.self, from: bytes, file: directory.file(joint), as: "configuration of a processor")
            if stated.image_processor != nil { return (bytes, directory.file(joint)) }
        }
        return (try directory.bytes(own), directory.file(own))
    }

    /// The checkpoint's own ends of an answer and those of its prompt form.
    static func stopTokens(
        _ stated: [LlavaConfiguration.TokenList?], named: [String], tokenizer: any TextTokenizer
    ) throws -> [Int32] {
        var ids = named.compactMap { tokenizer.id(of: $0) }
        for list in stated { ids += list?.ids ?? [] }
        if ids.isEmpty, let end = tokenizer.id(of: "</s>") { ids = [end] }
        guard !ids.isEmpty else {
            throw VLMError(.checkpointMalformed, "neither config.json nor generation_config.json names an eos_token_id")
        }
        var seen = Set<Int32>()
        return ids.filter { seen.insert($0).inserted }
    }

    /// Tokens that an answer must have room for behind a picture and its prompt.
    static let shortestAnswer = 8

    /// Throws `checkpointMalformed` for a token that a prompt or an answer may hold and the table has no row of.
    ///
    /// `named` are the tokens the model's files name, by their keys; `rows` are those of the embedding table.
    static func check(
        named: KeyValuePairs<String, [Int32]>, tokenizer: any TextTokenizer, rows: Int, folder: String
    ) throws {
        for (key, ids) in named {
            for id in ids where id < 0 || Int(id) >= rows {
                throw VLMError(
                    .checkpointMalformed,
                    "\(folder): \(key) is the token \(id), but the embedding table (vocab_size) has \(rows) rows: the files "
                        + "are of different models")
            }
        }
        guard Int(tokenizer.largestTextToken) < rows else {
            throw VLMError(
                .checkpointMalformed,
                "\(folder): text may become the token \(tokenizer.largestTextToken), but the embedding table (vocab_size) has "
                    + "\(rows) rows: the tokenizer is another model's")
        }
    }

    /// Throws `checkpointMalformed` where a picture and the shortest prompt leave no room for an answer.
    static func check(context: Int, picture: Int, prompt: Int, folder: String) throws {
        guard picture <= context, prompt <= context, picture + prompt + shortestAnswer <= context else {
            throw VLMError(
                .checkpointMalformed,
                "\(folder): \(context) positions (max_position_embeddings, sliding_window) are too few for the \(picture) "
                    + "of a picture, \(prompt) of a prompt and \(shortestAnswer) of an answer")
        }
    }

    /// The folder's own bank of negatives, or an empty one: then heads need the user's other concepts.
    static func bank(
        _ directory: ModelDirectory, _ options: LoadOptions, featureSize: Int
    ) throws -> NegativeBank {
        let path = directory.file(NegativeBank.fileName)
        guard options.readsBank, FileManager.default.fileExists(atPath: path) else {
            return .empty(featureSize: featureSize)
        }
        let bank = try NegativeBank(SafetensorsFile(contentsOf: path))
        guard bank.mean.count == featureSize else {
            throw VLMError(
                .checkpointMalformed,
                "\(path) has features of \(bank.mean.count) numbers, heads read \(featureSize): make it again with this "
                    + "model and head encoder")
        }
        return bank
    }

    /// SHA-256 over all weight files, `others` beside those of `tensors`, configurations and choices that change a number.
    static func digest(
        _ tensors: CheckpointTensors, others: [String] = [], _ files: [[UInt8]], _ choices: [String]
    ) throws -> String {
        let parts =
            try FileDigest.sha256(contentsOfAll: tensors.paths + others)
            + files.map { SHA256Digest.hex($0) } + choices + [NegativeBank.rule]
        return SHA256Digest.hex(Array(parts.joined(separator: "\u{1f}").utf8))
    }

    /// The mean of a map's rows.
    static func mean(_ map: Matrix) -> [Float] {
        var sums = [Double](repeating: 0, count: map.columns)
        for row in 0..<map.rows {
            for (column, value) in map.row(row).enumerated() { sums[column] += Double(value) }
        }
        return sums.map { Float($0 / Double(map.rows)) }
    }
}
