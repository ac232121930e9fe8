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
        let vocabulary = try VocabularyScanner.pairs(
            vocabulary: try directory.bytes(names[0]), file: directory.file(names[0]))
        let added = "added_tokens.json"
        var own: [AddedTokens.Token] = []
        if FileManager.default.fileExists(atPath: directory.file(added)) {
            let more = try VocabularyScanner.pairs(
                vocabulary: try directory.bytes(added), file: directory.file(added))
            let stated = try described(directory)
            own = more.map { stated[$0.id] ?? token($0.id, $0.text) }
        }
        let largest = max(vocabulary.map(\.id).max() ?? 0, own.map(\.id).max() ?? 0)
        guard largest < 1 << 22, own.allSatisfy({ $0.id >= 0 }) else {
            throw VLMError(.checkpointMalformed, "\(directory.file(names[0])) numbers its tokens impossibly")
        }
        var tokens = [String](repeating: "", count: largest + 1)
        for (text, id) in vocabulary { tokens[id] = text }
        var special = Set<Int32>()
        for (id, text) in tokens.enumerated() where Self.special.contains(text) { special.insert(Int32(id)) }
        let merges = String(decoding: try directory.bytes(names[1]), as: UTF8.self)
            .split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#version") }
        return try ByteLevelBPE(
            tokens: tokens, merges: merges, special: special, rule: .gpt2, composes: false, added: own)
    }

    /// A token of `added_tokens.json`, of which nothing else is known: special where it looks like one.
    private static func token(_ id: Int, _ text: String) -> AddedTokens.Token {
        let isMark = text.hasPrefix("<") && text.hasSuffix(">") || text.hasPrefix("[") && text.hasSuffix("]")
        return AddedTokens.Token(
            id: id, content: text, normalized: false, special: isMark || special.contains(text))
    }

    private struct Description: Decodable {
        struct Token: Decodable {
            let content: String
            let single_word: Bool?
            let lstrip: Bool?
            let rstrip: Bool?
            let normalized: Bool?
            let special: Bool?
        }
        let added_tokens_decoder: [String: Token]?
    }

    /// What `tokenizer_config.json` says of added tokens, by their numbers.
    private static func described(_ directory: ModelDirectory) throws -> [Int: AddedTokens.Token] {
        let name = "tokenizer_config.json"
        guard directory.has(name) else { return [:] }
        let stated = try CheckpointJSON.decode(
            Description.self, from: try directory.bytes(name), file: directory.file(name),
            as: "configuration of a tokenizer")
        var tokens: [Int: AddedTokens.Token] = [:]
        for (key, token) in stated.added_tokens_decoder ?? [:] {
            guard let id = Int(key) else { continue }
            tokens[id] = AddedTokens.Token(
                id: id, content: token.content, single_word: token.single_word, lstrip: token.lstrip,
                rstrip: token.rstrip, normalized: token.normalized, special: token.special)
        }
        return tokens
    }
}
