import Foundation

/// BERT's uncased tokenizer: lower case, accents dropped, punctuation apart, then the longest known pieces.
package struct WordPiece: Sendable {
    private let ids: [String: Int]
    private let unknown: Int
    private let first: Int
    private let last: Int

    /// Reads `vocab.txt`, one token a line.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else { throw EvaluationError(.missing, "\(path) cannot be read: run Scripts/setup --evaluation") }
        try self.init(
            vocabulary: text.split(separator: "\n", omittingEmptySubsequences: false).map {
                String($0.hasSuffix("\r") ? $0.dropLast() : $0)
            })
    }

    /// A tokenizer of a vocabulary in the order of ids.
    package init(vocabulary: [String]) throws {
        ids = Dictionary(
            vocabulary.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        guard let unknown = ids["[UNK]"], let first = ids["[CLS]"], let last = ids["[SEP]"] else {
            throw EvaluationError(.unavailable, "the vocabulary lacks [UNK], [CLS] or [SEP]: it is no BERT vocabulary")
        }
        (self.unknown, self.first, self.last) = (unknown, first, last)
    }

    /// Ids with [CLS] and [SEP] around them, at most `limit` in all.
    package func encode(_ text: String, limit: Int) -> [Int] {
        let pieces = basicWords(of: text).flatMap(pieces)
        return [first] + pieces.prefix(limit - 2) + [last]
    }

    /// Words and single punctuation marks.
    private func basicWords(of text: String) -> [String] {
        var found: [String] = []
        var word = ""
        func close() {
            if !word.isEmpty { found.append(word) }
            word = ""
        }
        for scalar in text.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .control, .format, .unassigned, .privateUse, .surrogate:
                if scalar.properties.isWhitespace { close() }
            case _ where scalar.properties.isWhitespace: close()
            case _ where Self.isPunctuation(scalar) || Self.isIdeograph(scalar):
                close()
                found.append(String(scalar))
            default: word.unicodeScalars.append(scalar)
            }
        }
        close()
        return found
    }

    private func pieces(of word: String) -> [Int] {
        let characters = Array(word.unicodeScalars)
        guard characters.count <= 100 else { return [unknown] }
        var found: [Int] = []
        var start = 0
        while start < characters.count {
            var end = characters.count
            var id: Int?
            while end > start {
                let piece = String(String.UnicodeScalarView(characters[start..<end]))
                id = ids[start == 0 ? piece : "##" + piece]
                if id != nil { break }
                end -= 1
            }
            guard let id else { return [unknown] }
            found.append(id)
            start = end
        }
        return found
    }

    /// BERT counts every ASCII sign that is no letter, digit or space.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (33...47).contains(scalar.value) || (58...64).contains(scalar.value)
                || (91...96).contains(scalar.value) || (123...126).contains(scalar.value)
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        (0x4E00...0x9FFF).contains(scalar.value) || (0x3400...0x4DBF).contains(scalar.value)
            || (0xF900...0xFAFF).contains(scalar.value) || (0x20000...0x2CEAF).contains(scalar.value)
    }
}
