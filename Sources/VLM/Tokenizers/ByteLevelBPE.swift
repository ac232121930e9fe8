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
    /// Tokens that text may become by merges: all but the special ones, in the byte alphabet.
    private let textIDs: [String: Int32]
    /// Whether a piece that is a token is that one, whether or not merges lead to it (Llama 3).
    private let ignoresMerges: Bool
    /// Looked for in the text as it came, and in composed text.
    private let added: (raw: AddedTokens, composed: AddedTokens)

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
        let tokens = try gguf.strings("tokenizer.ggml.tokens")
        guard types.count == tokens.count else {
            throw VLMError(.checkpointMalformed, "the tokenizer has \(tokens.count) tokens and \(types.count) types")
        }
        let (controlType, ownType) = (3, 4)
        let added = types.indices.filter { types[$0] == ownType }
            .map { AddedTokens.Token(id: $0, content: tokens[$0], normalized: false, special: false) }
        try self.init(
            tokens: tokens, merges: gguf.strings("tokenizer.ggml.merges"),
            special: Set(types.indices.filter { types[$0] == controlType }.map { Int32($0) }), rule: .smollm,
            composes: false, added: added)
    }

    /// A tokenizer of the given vocabulary (in the byte alphabet), merges ("left right", best first) and ids of
    /// special tokens.
    public init(tokens: [String], merges: [String], special: Set<Int32>) throws {
        try self.init(tokens: tokens, merges: merges, special: special, rule: .smollm, composes: false)
    }

    /// The same with the rule of a family; an empty token is a hole in the numbering. `added` tokens stand beside the
    /// vocabulary or are named in it once more.
    init(
        tokens: [String], merges: [String], special: Set<Int32>, rule: PreTokenizer.Rule, composes: Bool,
        added: [AddedTokens.Token] = [], ignoresMerges: Bool = false
    ) throws {
        self.rule = rule
        self.composes = composes
        self.ignoresMerges = ignoresMerges
        let special = special.union(added.filter(\.isSpecial).map { Int32($0.id) })
        var ids: [String: Int32] = [:]
        var textIDs: [String: Int32] = [:]
        for (index, token) in tokens.enumerated() where !token.isEmpty {
            ids[token] = Int32(index)
            if !special.contains(Int32(index)) { textIDs[token] = Int32(index) }
        }
        var table: [Pair: PairMerger.Merge] = [:]
        for (rank, merge) in merges.enumerated() {
            let parts = merge.split(separator: " ")
            guard parts.count == 2, let left = ids[String(parts[0])], let right = ids[String(parts[1])],
                let joined = ids[parts.joined()]
            else {
                throw VLMError(.checkpointMalformed, "merge \(rank) of the tokenizer names tokens it does not have")
            }
            // What is special no text becomes, by whatever way.
            guard !special.contains(joined) else { continue }
            table[Pair(left: left, right: right)] = PairMerger.Merge(rank: Int32(rank), joined: joined)
        }
        let contents = Dictionary(added.map { ($0.id, $0.content) }) { first, _ in first }
        let size = max(tokens.count, (contents.keys.max() ?? -1) + 1)
        tokenBytes = (0..<size).map { index in
            if let content = contents[index] { return Array(content.utf8) }
            return special.contains(Int32(index))
                ? Array(tokens[index].utf8)
                : tokens[index].unicodeScalars.flatMap { ByteAlphabet.bytes[$0].map { [$0] } ?? [] }
        }
        for token in added { ids[token.content] = Int32(token.id) }
        self.ids = ids
        self.textIDs = textIDs
        self.merges = table
        self.added = (
            AddedTokens(added.filter { !$0.isNormalized }),
            AddedTokens(added.filter(\.isNormalized)) { composes ? $0.precomposedStringWithCanonicalMapping : $0 }
        )
        self.special = special.sorted().compactMap { id in
            (contents[Int(id)] ?? (tokens.indices.contains(Int(id)) ? tokens[Int(id)] : nil)).map { ($0, id) }
        }.filter { !$0.0.isEmpty }.sorted { $0.0.utf8.count > $1.0.utf8.count }
        largestTextToken = max(textIDs.values.max() ?? -1, self.added.raw.largest, self.added.composed.largest)
    }

    /// See `TextTokenizer`.
    public let largestTextToken: Int32

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
        added.raw.cut(String(text)).flatMap { part -> [Int32] in
            guard case .text(let text) = part else { return Self.ids(part) }
            return added.composed.cut(composes ? text.precomposedStringWithCanonicalMapping : text).flatMap {
                guard case .text(let text) = $0 else { return Self.ids($0) }
                return PreTokenizer.pieces(of: text[...], rule: rule).flatMap(encodePiece)
            }
        }
    }

    private static func ids(_ part: AddedTokens.Part) -> [Int32] {
        if case .token(let id) = part { [id] } else { [] }
    }

    private func encodePiece(_ piece: String) -> [Int32] {
        let letters = piece.utf8.map { ByteAlphabet.scalars[Int($0)] }
        if ignoresMerges, let whole = textIDs[String(String.UnicodeScalarView(letters))] { return [whole] }
        // A byte the vocabulary lacks (SmolLM2 has no control characters) is left out, as the reference does.
        let symbols = letters.compactMap { textIDs[String(Character($0))] }
        return PairMerger.merge(symbols) { merges[Pair(left: $0, right: $1)] }
    }
}
