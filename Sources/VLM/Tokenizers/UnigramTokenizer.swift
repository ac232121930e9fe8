/// Sentencepiece's unigram model (Kudo 2018), as T5 uses it: of all ways to cut a word into pieces, the most probable.
///
/// A space is written as U+2581 before each word; characters outside the vocabulary become the unknown token, one for a run.
package struct UnigramTokenizer: TextTokenizer {
    private struct Piece: Sendable {
        let id: Int32
        let score: Double
    }

    private static let blank: Unicode.Scalar = "\u{2581}"

    private let ids: [ExactText: Int32]
    private let pieces: [ExactText: Piece]
    private let tokenBytes: [[UInt8]]
    private let unknown: Int32
    private let unknownScore: Double
    /// Scalars of the longest piece.
    private let longest: Int
    private let characters: CharacterMap?
    /// Looked for in the text as it came, and in normalised text.
    private let added: (raw: AddedTokens, normalized: AddedTokens)

    package let largestTextToken: Int32

    /// A tokenizer; `special` pieces are never found in text. `texts` may hold empty strings where a number is free.
    init(
        texts: [String], scores: [Double], special: Set<Int32>, unknown: Int32, characters: CharacterMap?,
        added: [AddedTokens.Token] = []
    ) {
        var ids: [ExactText: Int32] = [:]
        var pieces: [ExactText: Piece] = [:]
        var longest = 1
        var least = 0.0
        for (index, text) in texts.enumerated() where !text.isEmpty {
            let key = ExactText(text)
            if ids[key] == nil { ids[key] = Int32(index) }
            guard !special.contains(Int32(index)), Int32(index) != unknown else { continue }
            if pieces[key] == nil { pieces[key] = Piece(id: Int32(index), score: scores[index]) }
            longest = max(longest, text.unicodeScalars.count)
            least = min(least, scores[index])
        }
        self.ids = ids
        self.pieces = pieces
        self.longest = longest
        self.unknown = unknown
        self.characters = characters
        self.added = (
            AddedTokens(added.filter { !$0.isNormalized }),
            AddedTokens(added.filter(\.isNormalized)) { characters?.apply($0) ?? $0 }
        )
        largestTextToken = max(
            pieces.values.map(\.id).max() ?? -1, unknown, self.added.raw.largest, self.added.normalized.largest)
        // Sentencepiece's penalty: worse than any piece.
        unknownScore = least - 10
        tokenBytes = texts.enumerated().map { index, text in
            special.contains(Int32(index))
                ? Array(text.utf8)
                : Array(
                    String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == Self.blank ? " " : $0 })).utf8)
        }
    }

    package var vocabularySize: Int { tokenBytes.count }

    package func id(of token: String) -> Int32? { ids[ExactText(token)] }

    package func bytes(of token: Int32) -> [UInt8] {
        tokenBytes.indices.contains(Int(token)) ? tokenBytes[Int(token)] : []
    }

    /// Every word gets its blank, so a text is the same everywhere.
    package func encode(_ text: String, atStart: Bool) -> [Int32] {
        added.raw.cut(text).flatMap { part -> [Int32] in
            guard case .text(let text) = part else { return Self.ids(part) }
            return added.normalized.cut(characters?.apply(text) ?? text).flatMap { part -> [Int32] in
                guard case .text(let text) = part else { return Self.ids(part) }
                let words = text.unicodeScalars.split { $0.properties.isWhitespace || $0 == Self.blank }
                return words.flatMap { encode([Self.blank] + $0) }
            }
        }
    }

    private static func ids(_ part: AddedTokens.Part) -> [Int32] {
        if case .token(let id) = part { [id] } else { [] }
    }

    /// The best path over the scalars of a word (Viterbi 1967), the first found among equals.
    private func encode(_ word: [Unicode.Scalar]) -> [Int32] {
        var best = [(score: Double, from: Int, id: Int32)](
            repeating: (-.infinity, 0, unknown), count: word.count + 1)
        best[0].score = 0
        for start in word.indices {
            var text = ""
            var hasOwnPiece = false
            for end in start + 1...min(word.count, start + longest) {
                text.unicodeScalars.append(word[end - 1])
                guard let piece = pieces[ExactText(text)] else { continue }
                if end == start + 1 { hasOwnPiece = true }
                let score = best[start].score + piece.score
                if score > best[end].score { best[end] = (score, start, piece.id) }
            }
            let score = best[start].score + unknownScore
            if !hasOwnPiece, score > best[start + 1].score { best[start + 1] = (score, start, unknown) }
        }
        var result: [Int32] = []
        var end = word.count
        while end > 0 {
            if best[end].id != unknown || result.last != unknown { result.append(best[end].id) }
            end = best[end].from
        }
        return result.reversed()
    }
}
