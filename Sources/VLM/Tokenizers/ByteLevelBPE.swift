internal import Foundation

/// A byte-level byte-pair encoding, as GPT-2, SmolLM2, Qwen2 and Llama 3 use it.
public struct ByteLevelBPE: TextTokenizer {
    private let ids: [String: Int32]
    private let tokenBytes: [[UInt8]]
    private let merges: [Pair: PairMerger.Merge]
    private let rule: PreTokenizer.Rule
    /// Whether text is composed (Unicode NFC) first.
    private let composes: Bool
    /// Special tokens, longest first, so that the longest match wins.
    private let special: [(text: String, id: Int32)]

    private struct Pair: Hashable, Sendable {
        let left: Int32
        let right: Int32
    }

    /// Reads the tokenizer of a GGUF file; throws `unsupported` for another kind of tokenizer.
    public init(gguf: GGUFFile) throws {
        let model = try gguf.string("tokenizer.ggml.model")
        let rule = try gguf.string("tokenizer.ggml.pre")
        guard model == "gpt2", rule == "smollm" else {
            throw VLMError(.unsupported, "the tokenizer \(model)/\(rule) is not supported; gpt2/smollm is")
        }
        let types = try gguf.integers("tokenizer.ggml.token_type")
        let controlType = 3
        try self.init(
            tokens: gguf.strings("tokenizer.ggml.tokens"), merges: gguf.strings("tokenizer.ggml.merges"),
            special: Set(types.indices.filter { types[$0] == controlType }.map { Int32($0) }))
    }

    /// A tokenizer of the given vocabulary (in the byte alphabet), merges ("left right", best first) and ids of
    /// special tokens.
    public init(tokens: [String], merges: [String], special: Set<Int32>) throws {
        try self.init(tokens: tokens, merges: merges, special: special, rule: .smollm, composes: false)
    }

    /// The same with the rule of a family; an empty token is a hole in the numbering.
    init(tokens: [String], merges: [String], special: Set<Int32>, rule: PreTokenizer.Rule, composes: Bool) throws {
        self.rule = rule
        self.composes = composes
        var ids: [String: Int32] = [:]
        for (index, token) in tokens.enumerated() where !token.isEmpty { ids[token] = Int32(index) }
        var table: [Pair: PairMerger.Merge] = [:]
        for (rank, merge) in merges.enumerated() {
            let parts = merge.split(separator: " ")
            guard parts.count == 2, let left = ids[String(parts[0])], let right = ids[String(parts[1])],
                let joined = ids[parts.joined()]
            else {
                throw VLMError(.checkpointMalformed, "merge \(rank) of the tokenizer names tokens it does not have")
            }
            table[Pair(left: left, right: right)] = PairMerger.Merge(rank: Int32(rank), joined: joined)
        }
        self.ids = ids
        self.merges = table
        tokenBytes = tokens.enumerated().map { index, token in
            special.contains(Int32(index))
                ? Array(token.utf8) : token.unicodeScalars.flatMap { ByteAlphabet.bytes[$0].map { [$0] } ?? [] }
        }
        self.special = special.sorted().compactMap { id in
            tokens.indices.contains(Int(id)) ? (tokens[Int(id)], id) : nil
        }.sorted { $0.text.utf8.count > $1.text.utf8.count }
    }

    /// Number of tokens.
    public var vocabularySize: Int { tokenBytes.count }

    /// The id of a token by its text in the vocabulary, such as `<|im_end|>`.
    public func id(of token: String) -> Int32? { ids[token] }

    /// Token ids of a text. `parseSpecial` reads special tokens in it; leave it off for anything a user wrote.
    public func encode(_ text: String, parseSpecial: Bool = false) -> [Int32] {
        guard parseSpecial else { return encodePlain(text[...]) }
        var result: [Int32] = []
        var rest = text[...]
        var plain = rest.startIndex
        while !rest.isEmpty {
            if let match = special.first(where: { rest.hasPrefix($0.text) }) {
                result += encodePlain(text[plain..<rest.startIndex])
                result.append(match.id)
                rest = rest.dropFirst(match.text.count)
                plain = rest.startIndex
            } else {
                rest = rest.dropFirst()
            }
        }
        return result + encodePlain(text[plain...])
    }

    /// The special tokens a text begins with, and what follows them.
    func splitLeadingSpecial(_ text: String) -> (ids: [Int32], rest: String) {
        var ids: [Int32] = []
        var rest = text[...]
        while let match = special.first(where: { rest.hasPrefix($0.text) }) {
            ids.append(match.id)
            rest = rest.dropFirst(match.text.count)
        }
        return (ids, String(rest))
    }

    /// The bytes a token stands for; a special token its own name. Unknown ids have none.
    public func bytes(of token: Int32) -> [UInt8] {
        tokenBytes.indices.contains(Int(token)) ? tokenBytes[Int(token)] : []
    }

    /// See `TextTokenizer`; a byte-level encoding is the same everywhere.
    public func encode(_ text: String, atStart: Bool) -> [Int32] { encodePlain(text[...]) }

    private func encodePlain(_ text: Substring) -> [Int32] {
        let text = composes ? String(text).precomposedStringWithCanonicalMapping[...] : text
        return PreTokenizer.pieces(of: text, rule: rule).flatMap { piece in
            // A byte the vocabulary lacks (SmolLM2 has no control characters) is left out, as the reference does.
            let symbols = piece.utf8.compactMap { ids[String(Character(ByteAlphabet.scalars[Int($0)]))] }
            return PairMerger.merge(symbols) { merges[Pair(left: $0, right: $1)] }
        }
    }
}
