/// A byte-level byte-pair encoding, as GPT-2 and SmolLM2 use it.
public struct ByteLevelBPE: Sendable {
    private let ids: [String: Int32]
    private let tokenBytes: [[UInt8]]
    private let merges: [Pair: Merge]
    /// Special tokens, longest first, so that the longest match wins.
    private let special: [(text: String, id: Int32)]

    private struct Pair: Hashable, Sendable {
        let left: Int32
        let right: Int32
    }

    private struct Merge: Sendable {
        let rank: Int32
        let joined: Int32
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
        var ids: [String: Int32] = [:]
        for (index, token) in tokens.enumerated() { ids[token] = Int32(index) }
        var table: [Pair: Merge] = [:]
        for (rank, merge) in merges.enumerated() {
            let parts = merge.split(separator: " ")
            guard parts.count == 2, let left = ids[String(parts[0])], let right = ids[String(parts[1])],
                let joined = ids[parts.joined()]
            else {
                throw VLMError(.checkpointMalformed, "merge \(rank) of the tokenizer names tokens it does not have")
            }
            table[Pair(left: left, right: right)] = Merge(rank: Int32(rank), joined: joined)
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

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    public func decode(_ tokens: [Int32]) -> String {
        String(decoding: tokens.flatMap { bytes(of: $0) }, as: UTF8.self)
    }

    private func encodePlain(_ text: Substring) -> [Int32] {
        PreTokenizer.pieces(of: text).flatMap { merge(Array($0.utf8)) }
    }

    /// A byte the vocabulary lacks (SmolLM2 has no control characters) is left out, as the reference does.
    ///
    /// Joins the best-ranked neighbours until no merge applies. Pieces longer than a word are rare, but a stranger
    /// may send one, so equal work is bounded: each round joins one pair of at most the piece's length.
    private func merge(_ piece: [UInt8]) -> [Int32] {
        var symbols = piece.compactMap { ids[String(Character(ByteAlphabet.scalars[Int($0)]))] }
        while symbols.count > 1 {
            var best: (index: Int, merge: Merge)?
            for index in 0..<symbols.count - 1 {
                if let merge = merges[Pair(left: symbols[index], right: symbols[index + 1])],
                    merge.rank < best?.merge.rank ?? .max
                {
                    best = (index, merge)
                }
            }
            guard let best else { break }
            let pair = (symbols[best.index], symbols[best.index + 1])
            var next: [Int32] = []
            next.reserveCapacity(symbols.count)
            var index = 0
            while index < symbols.count {
                if index + 1 < symbols.count, symbols[index] == pair.0, symbols[index + 1] == pair.1 {
                    next.append(best.merge.joined)
                    index += 2
                } else {
                    next.append(symbols[index])
                    index += 1
                }
            }
            symbols = next
        }
        return symbols
    }
}
