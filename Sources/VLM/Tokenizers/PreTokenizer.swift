/// Cuts text into the pieces that byte-pair merges may not cross.
///
/// Written over scalars by hand: a regular expression engine would be the slowest part of a request.
enum PreTokenizer {
    /// Whose pattern cuts.
    enum Rule: Sendable, Equatable {
        /// GPT-2's: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
        case gpt2
        /// Every numeric character is a piece of its own; what stands between is cut as GPT-2 does.
        case smollm
        /// Qwen2's and Llama 3's, see `ModernCut`; a run of digits is cut after so many.
        case modern(digits: Int)
    }

    static func pieces(of text: Substring, rule: Rule = .smollm) -> [String] {
        var pieces: [String] = []
        switch rule {
        case .gpt2:
            cut(Array(text.unicodeScalars), into: &pieces)
        case .modern(let digits):
            ModernCut.cut(Array(text.unicodeScalars), digits: digits, into: &pieces)
        case .smollm:
            var run: [Unicode.Scalar] = []
            for scalar in text.unicodeScalars {
                if isNumber(scalar) {
                    cut(run, into: &pieces)
                    run.removeAll(keepingCapacity: true)
                    pieces.append(String(Character(scalar)))
                } else {
                    run.append(scalar)
                }
            }
            cut(run, into: &pieces)
        }
        return pieces
    }

    enum Kind { case letter, number, space, other }

    private static func cut(_ run: [Unicode.Scalar], into pieces: inout [String]) {
        var start = 0
        while start < run.count {
            let end = contraction(run, at: start) ?? word(run, at: start) ?? spaces(run, at: start)
            var piece = String.UnicodeScalarView()
            piece.append(contentsOf: run[start..<end])
            pieces.append(String(piece))
            start = end
        }
    }

    private static func contraction(_ run: [Unicode.Scalar], at start: Int) -> Int? {
        guard run[start] == "'", start + 1 < run.count else { return nil }
        switch run[start + 1] {
        case "s", "t", "m", "d": return start + 2
        default: break
        }
        guard start + 2 < run.count else { return nil }
        switch (run[start + 1], run[start + 2]) {
        case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
        default: return nil
        }
    }

    /// One optional space and a run of letters, of numbers, or of what is none of these.
    private static func word(_ run: [Unicode.Scalar], at start: Int) -> Int? {
        var end = run[start] == " " ? start + 1 : start
        guard end < run.count else { return nil }
        let wanted = kind(run[end])
        guard wanted != .space else { return nil }
        while end < run.count, kind(run[end]) == wanted { end += 1 }
        return end
    }

    /// A run of white space leaves its last one to the word that follows.
    private static func spaces(_ run: [Unicode.Scalar], at start: Int) -> Int {
        var end = start
        while end < run.count, kind(run[end]) == .space { end += 1 }
        return end < run.count && end - start > 1 ? end - 1 : end
    }

    static func kind(_ scalar: Unicode.Scalar) -> Kind {
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .other
        }
    }

    private static func isNumber(_ scalar: Unicode.Scalar) -> Bool { kind(scalar) == .number }
}
