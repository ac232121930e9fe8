/// Tokens beside a vocabulary that are cut out of any text before the rest of it is tokenised: huggingface/tokenizers'
/// added tokens that are not special, sentencepiece's user-defined symbols. Special tokens are none of them: nobody but
/// a template may write those.
struct AddedTokens: Sendable {
    /// One of them, with what `tokenizer.json` says of it.
    struct Token: Sendable, Decodable {
        let id: Int
        let content: String
        /// Found only where no letter or digit stands beside it.
        var single_word: Bool?
        /// Takes the white space before it along.
        var lstrip: Bool?
        /// Takes the white space behind it along.
        var rstrip: Bool?
        /// Looked for in normalised text, else in the text as it came.
        var normalized: Bool?
        var special: Bool?

        /// Where a file is silent nobody may write it.
        var isSpecial: Bool { special ?? true }
        /// As huggingface/tokenizers has it where a file is silent.
        var isNormalized: Bool { normalized ?? !isSpecial }
    }

    /// A stretch of text or a token that stood in it.
    enum Part: Equatable {
        case text(String)
        case token(Int32)
    }

    private struct Candidate: Sendable {
        let bytes: [UInt8]
        let token: Token
    }

    /// By their first byte, the longest first.
    private let candidates: [UInt8: [Candidate]]
    /// The largest number of a token; -1 for none.
    let largest: Int32

    /// None.
    static let none = AddedTokens([])

    /// Tokens that are looked for as `write` writes them; special ones are left out.
    init(_ tokens: [Token], write: (String) -> String = { $0 }) {
        var candidates: [UInt8: [Candidate]] = [:]
        for token in tokens where !token.isSpecial {
            let bytes = Array(write(token.content).utf8)
            guard let first = bytes.first else { continue }
            candidates[first, default: []].append(Candidate(bytes: bytes, token: token))
        }
        self.candidates = candidates.mapValues { $0.sorted { $0.bytes.count > $1.bytes.count } }
        largest = Int32(clamping: candidates.values.joined().map(\.token.id).max() ?? -1)
    }

    /// A text as stretches and tokens: at each place the longest token, from left to right.
    func cut(_ text: String) -> [Part] {
        guard !candidates.isEmpty, !text.isEmpty else { return text.isEmpty ? [] : [.text(text)] }
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var taken = 0
        var at = 0
        while at < bytes.count {
            guard let found = candidates[bytes[at]]?.first(where: { bytes[at...].starts(with: $0.bytes) }) else {
                at += 1
                continue
            }
            var (start, end) = (at, at + found.bytes.count)
            at = end
            if found.token.single_word ?? false, Self.isInsideWord(bytes, start, end) { continue }
            if found.token.lstrip ?? false { start = max(Self.spaceBefore(bytes, start), taken) }
            if found.token.rstrip ?? false { end = Self.spaceBehind(bytes, end) }
            if taken < start { parts.append(.text(String(decoding: bytes[taken..<start], as: UTF8.self))) }
            parts.append(.token(Int32(clamping: found.token.id)))
            taken = end
            at = max(at, end)
        }
        if taken < bytes.count { parts.append(.text(String(decoding: bytes[taken...], as: UTF8.self))) }
        return parts
    }

    private static func isInsideWord(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Bool {
        let before = String(decoding: bytes[..<start], as: UTF8.self).unicodeScalars.last
        let behind = String(decoding: bytes[end...], as: UTF8.self).unicodeScalars.first
        return before.map(isWord) ?? false || behind.map(isWord) ?? false
    }

    private static func spaceBefore(_ bytes: [UInt8], _ start: Int) -> Int {
        let text = String(decoding: bytes[..<start], as: UTF8.self).unicodeScalars
        return start - text.reversed().prefix { $0.properties.isWhitespace }.reduce(0) { $0 + UTF8.width($1) }
    }

    private static func spaceBehind(_ bytes: [UInt8], _ end: Int) -> Int {
        let text = String(decoding: bytes[end...], as: UTF8.self).unicodeScalars
        return end + text.prefix { $0.properties.isWhitespace }.reduce(0) { $0 + UTF8.width($1) }
    }

    /// `\w` of Unicode's regular expressions (UTS 18, annex C).
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}
