import Foundation

/// Reads GPT-2's older form of a tokenizer, which OPT has: `vocab.json`, `merges.txt`, perhaps `added_tokens.json`.
enum VocabularyFiles {
    static let names = ["vocab.json", "merges.txt"]

    /// Tokens of OPT's vocabulary that text never becomes.
    private static let special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<image>", "<|endoftext|>"]

    /// Whether a folder has the two files.
    static func lie(in directory: ModelDirectory) -> Bool {
        names.allSatisfy { FileManager.default.fileExists(atPath: directory.file($0)) }
    }

    /// The tokenizer; throws `checkpointMalformed`.
    static func tokenizer(_ directory: ModelDirectory) throws -> ByteLevelBPE {
        var vocabulary = try VocabularyScanner.pairs(
            vocabulary: try directory.bytes(names[0]), file: directory.file(names[0]))
        let added = "added_tokens.json"
        var special = Set<Int32>()
        if FileManager.default.fileExists(atPath: directory.file(added)) {
            let more = try VocabularyScanner.pairs(
                vocabulary: try directory.bytes(added), file: directory.file(added))
            special.formUnion(more.map { Int32(clamping: $0.id) })
            vocabulary += more
        }
        let largest = vocabulary.map(\.id).max() ?? 0
        guard largest < 1 << 22 else {
            throw VLMError(.checkpointMalformed, "\(directory.file(names[0])) numbers its tokens impossibly")
        }
        var tokens = [String](repeating: "", count: largest + 1)
        for (text, id) in vocabulary { tokens[id] = text }
        for (id, text) in tokens.enumerated() where Self.special.contains(text) { special.insert(Int32(id)) }
        let merges = String(decoding: try directory.bytes(names[1]), as: UTF8.self)
            .split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#version") }
        return try ByteLevelBPE(tokens: tokens, merges: merges, special: special, rule: .gpt2, composes: false)
    }
}
