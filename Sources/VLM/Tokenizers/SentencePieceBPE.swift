/// Sentencepiece's byte-pair encoding with byte fallback, as Llama, Vicuna and Mistral use it.
///
/// A space is written as U+2581; a character outside the vocabulary becomes the tokens of its UTF-8 bytes.
package struct SentencePieceBPE: TextTokenizer {
    /// How a text is written in the vocabulary's letters before it is cut.
    struct Writing: Sendable, Equatable {
        /// When a blank is put before a stretch of text.
        enum Prefix: Sendable, Equatable { case never, atStart, always }

        /// A blank before a whole text, and before what follows an added token: sentencepiece and the older files.
        var prepends = false
        /// Whether spaces become blanks before added tokens are looked for in normalised text.
        var replacesFirst = false
        /// A blank before a stretch that begins with none: the newer files.
        var prefix = Prefix.never
        /// Whether merges may not cross the start of a word.
        var splitsWords = false
    }

    /// How two pieces are joined.
    enum Merges: Sendable {
        /// By a list of pairs, best first.
        case listed([Pair: PairMerger.Merge])
        /// By the score of the joined piece, as `tokenizer.model` keeps it: the rank of each piece that text may become.
        case ranked([ExactText: PairMerger.Merge])
    }

    struct Pair: Hashable, Sendable {
        let left: Int32
        let right: Int32
    }

    private static let blank: Unicode.Scalar = "\u{2581}"

    private let ids: [ExactText: Int32]
    private let texts: [String]
    private let tokenBytes: [[UInt8]]
    private let merges: Merges
    private let writing: Writing
    private let fallback: [Int32?]
    private let unknown: Int32?
    /// Tokens that text may become: all but the special ones.
    private let textIDs: [ExactText: Int32]
    /// Whether a piece that is a token is that one, whether or not merges lead to it.
    private let ignoresMerges: Bool
    /// Looked for in the text as it came, and as it is written.
    private let added: (raw: AddedTokens, written: AddedTokens)

    /// A tokenizer. `special` tokens are never found in text; `texts` may hold empty strings where a number is free. With
    /// `cutsWritten` the added tokens stand in the file as text is written, and are looked for there.
    init(
        texts: [String], special: Set<Int32>, merges: Merges, writing: Writing, unknown: Int32?,
        added: [AddedTokens.Token] = [], ignoresMerges: Bool = false, cutsWritten: Bool = false
    ) {
        var ids: [ExactText: Int32] = [:]
        var textIDs: [ExactText: Int32] = [:]
        for (index, text) in texts.enumerated() where !text.isEmpty {
            let key = ExactText(text)
            ids[key] = ids[key] ?? Int32(index)
            if !special.contains(Int32(index)) { textIDs[key] = textIDs[key] ?? Int32(index) }
        }
        let fallback = (0..<256).map { textIDs[ExactText(Self.name(ofByte: UInt8($0)))] }
        var values: [Int32: UInt8] = [:]
        for (byte, id) in fallback.enumerated() { if let id { values[id] = UInt8(byte) } }
        tokenBytes = texts.enumerated().map { index, text in
            if let byte = values[Int32(index)] { return [byte] }
            if special.contains(Int32(index)) { return Array(text.utf8) }
            // By code points: with an accent after it the blank is another character to a string.
            return Array(String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == Self.blank ? " " : $0 })).utf8)
        }
        self.ids = ids
        self.textIDs = textIDs
        self.texts = texts
        self.fallback = fallback
        self.merges = merges
        self.writing = writing
        self.unknown = unknown
        self.ignoresMerges = ignoresMerges
        let (prepends, replaces) = (writing.prepends, writing.replacesFirst)
        self.added =
            cutsWritten
            ? (.none, AddedTokens(added))
            : (
                AddedTokens(added.filter { !$0.isNormalized }),
                AddedTokens(added.filter(\.isNormalized)) { text in
                    Self.written(text, prepends: prepends, replaces: replaces)
                }
            )
        largestTextToken = max(
            textIDs.values.max() ?? -1, unknown ?? -1, self.added.raw.largest, self.added.written.largest)
    }

    package let largestTextToken: Int32

    /// "<0x0A>".
    private static func name(ofByte byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
    }

    package var vocabularySize: Int { texts.count }

    package func id(of token: String) -> Int32? { ids[ExactText(token)] }

    package func bytes(of token: Int32) -> [UInt8] {
        tokenBytes.indices.contains(Int(token)) ? tokenBytes[Int(token)] : []
    }

    package func encode(_ text: String, atStart: Bool) -> [Int32] {
        var result: [Int32] = []
        var isFirst = true
        for part in added.raw.cut(text) {
            switch part {
            case .token(let id): result.append(id)
            case .text(let stretch): result += encode(stretch: stretch, isFirst: isFirst, atStart: atStart)
            }
            isFirst = false
        }
        return result
    }

    private func encode(stretch: String, isFirst: Bool, atStart: Bool) -> [Int32] {
        let written = Self.written(
            stretch, prepends: writing.prepends && (atStart || !isFirst), replaces: writing.replacesFirst)
        var result: [Int32] = []
        var isFirst = isFirst
        for part in added.written.cut(written) {
            switch part {
            case .token(let id): result.append(id)
            case .text(let piece):
                var text = Self.written(piece, prepends: false, replaces: true)
                let isPrefixed =
                    switch writing.prefix {
                    case .never: false
                    case .atStart: isFirst && atStart
                    case .always: atStart || !isFirst
                    }
                if isPrefixed, text.unicodeScalars.first != Self.blank { text = "\u{2581}" + text }
                result += encode(written: text)
            }
            isFirst = false
        }
        return result
    }

    private static func written(_ text: String, prepends: Bool, replaces: Bool) -> String {
        var scalars = String.UnicodeScalarView()
        if prepends { scalars.append(blank) }
        scalars.append(contentsOf: text.unicodeScalars.lazy.map { replaces && $0 == " " ? blank : $0 })
        return String(scalars)
    }

    private func encode(written: String) -> [Int32] {
        guard writing.splitsWords else { return encodePiece(Array(written.unicodeScalars)) }
        var result: [Int32] = []
        var word: [Unicode.Scalar] = []
        for scalar in written.unicodeScalars {
            if scalar == "\u{2581}", !word.isEmpty {
                result += encodePiece(word)
                word.removeAll(keepingCapacity: true)
            }
            word.append(scalar)
        }
        return result + encodePiece(word)
    }

    private func encodePiece(_ piece: [Unicode.Scalar]) -> [Int32] {
        if ignoresMerges, let whole = textIDs[ExactText(String(String.UnicodeScalarView(piece)))] { return [whole] }
        var symbols: [Int32] = []
        for scalar in piece {
            let text = String(Character(scalar))
            if let id = textIDs[ExactText(text)] {
                symbols.append(id)
            } else {
                let bytes = text.utf8.map { fallback[Int($0)] }
                if bytes.allSatisfy({ $0 != nil }) {
                    symbols += bytes.compactMap { $0 }
                } else if let unknown, symbols.last != unknown {
                    symbols.append(unknown)
                }
            }
        }
        switch merges {
        case .listed(let table):
            return PairMerger.merge(symbols) { table[Pair(left: $0, right: $1)] }
        case .ranked(let pieces):
            return PairMerger.merge(symbols) { pieces[ExactText(texts[Int($0)] + texts[Int($1)])] }
        }
    }
}

/// Text that equals only the same code points: Swift's strings also equal their canonical equivalents, and vocabularies
/// hold both.
struct ExactText: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
}
