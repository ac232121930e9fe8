internal import Compute
import Foundation

/// What all downloaded models are made of beside their weights.
enum HubModelParts {
    /// A bank counts for the digest: heads subtract its mean.
    static func bankBytes(_ directory: ModelDirectory, _ options: LoadOptions) throws -> [[UInt8]] {
        options.readsBank && FileManager.default.fileExists(atPath: directory.file(NegativeBank.fileName))
            ? [try directory.bytes(NegativeBank.fileName)] : []
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

    /// SHA-256 over all weight files, configurations and choices that change a number.
    static func digest(
        _ tensors: CheckpointTensors, _ files: [[UInt8]], _ choices: [String]
    ) throws -> String {
        let parts =
            try FileDigest.sha256(contentsOfAll: tensors.paths)
            + files.map { try FileDigest.sha256($0) } + choices + [NegativeBank.rule]
        return try FileDigest.sha256(Array(parts.joined(separator: "\u{1f}").utf8))
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
