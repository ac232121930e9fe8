/// Sentencepiece's byte-pair encoding with byte fallback, as Llama, Vicuna and Mistral use it.
///
/// A space is written as U+2581; a character outside the vocabulary becomes the tokens of its UTF-8 bytes.
package struct SentencePieceBPE: TextTokenizer {
    /// What is put before the first word of a sequence.
    package enum Start: Sendable, Equatable {
        case nothing
        /// A space, always: sentencepiece and the older converted files.
        case space
        /// A space unless the text begins with one.
        case spaceUnlessThere
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
    private let start: Start
    /// Whether merges may not cross the start of a word.
    private let splitsWords: Bool
    private let fallback: [Int32?]
    private let unknown: Int32?

    /// A tokenizer. `special` tokens are never found in text; `texts` may hold empty strings where a number is free.
    init(texts: [String], special: Set<Int32>, merges: Merges, start: Start, splitsWords: Bool, unknown: Int32?) {
        var ids: [ExactText: Int32] = [:]
        for (index, text) in texts.enumerated() where !text.isEmpty {
            ids[ExactText(text)] = ids[ExactText(text)] ?? Int32(index)
        }
        let fallback = (0..<256).map { ids[ExactText(Self.name(ofByte: UInt8($0)))] }
        var values: [Int32: UInt8] = [:]
        for (byte, id) in fallback.enumerated() { if let id { values[id] = UInt8(byte) } }
        tokenBytes = texts.enumerated().map { index, text in
            if let byte = values[Int32(index)] { return [byte] }
            if special.contains(Int32(index)) { return Array(text.utf8) }
            // By code points: with an accent after it the blank is another character to a string.
            return Array(String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == Self.blank ? " " : $0 })).utf8)
        }
        self.ids = ids
        self.texts = texts
        self.fallback = fallback
        self.merges = merges
        self.start = start
        self.splitsWords = splitsWords
        self.unknown = unknown
    }

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
        guard !text.isEmpty else { return [] }
        var written = String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == " " ? Self.blank : $0 }))
        if atStart, start == .space || start == .spaceUnlessThere && written.unicodeScalars.first != Self.blank {
            written = "\u{2581}" + written
        }
        guard splitsWords else { return encodePiece(Array(written.unicodeScalars)) }
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
        var symbols: [Int32] = []
        for scalar in piece {
            let text = String(Character(scalar))
            if let id = ids[ExactText(text)] {
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
