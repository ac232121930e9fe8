/// The cut of Qwen2 and Llama 3, alternatives in this order:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, `[^\r\n\p{L}\p{N}]?\p{L}+`, `\p{N}{1,digits}`, ` ?[^\s\p{L}\p{N}]+[\r\n]*`,
/// `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`.
enum ModernCut {
    /// The patterns by which configurations name it, with the digits of a piece.
    static let patterns: [String: Int] = [
        pattern(digits: "\\p{N}"): 1, pattern(digits: "\\p{N}{1,3}"): 3,
    ]

    private static func pattern(digits: String) -> String {
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
    }

    static func cut(_ text: [Unicode.Scalar], digits: Int, into pieces: inout [String]) {
        var start = 0
        while start < text.count {
            let end =
                contraction(text, start) ?? word(text, start) ?? number(text, start, digits) ?? symbols(text, start)
                ?? spaces(text, start)
            var piece = String.UnicodeScalarView()
            piece.append(contentsOf: text[start..<end])
            pieces.append(String(piece))
            start = end
        }
    }

    private static func contraction(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        guard text[start] == "'", start + 1 < text.count else { return nil }
        func lower(_ index: Int) -> Character? {
            guard index < text.count, text[index].isASCII else { return nil }
            return Character(String(text[index]).lowercased())
        }
        switch (lower(start + 1), lower(start + 2)) {
        case ("s", _), ("t", _), ("m", _), ("d", _): return start + 2
        case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
        default: return nil
        }
    }

    private static func word(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        var end = start
        switch PreTokenizer.kind(text[start]) {
        case .letter: break
        case .number: return nil
        case .space, .other:
            guard !isLineEnd(text[start]) else { return nil }
            end += 1
        }
        guard end < text.count, PreTokenizer.kind(text[end]) == .letter else { return nil }
        while end < text.count, PreTokenizer.kind(text[end]) == .letter { end += 1 }
        return end
    }

    private static func number(_ text: [Unicode.Scalar], _ start: Int, _ digits: Int) -> Int? {
        var end = start
        while end < text.count, end - start < digits, PreTokenizer.kind(text[end]) == .number { end += 1 }
        return end > start ? end : nil
    }

    private static func symbols(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        var end = text[start] == " " ? start + 1 : start
        guard end < text.count, PreTokenizer.kind(text[end]) == .other else { return nil }
        while end < text.count, PreTokenizer.kind(text[end]) == .other { end += 1 }
        while end < text.count, isLineEnd(text[end]) { end += 1 }
        return end
    }

    /// A run of white space ends at its last line end, else leaves its last one to the word that follows.
    private static func spaces(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        var end = start
        var afterLine: Int?
        while end < text.count, PreTokenizer.kind(text[end]) == .space {
            end += 1
            if isLineEnd(text[end - 1]) { afterLine = end }
        }
        if let afterLine { return afterLine }
        return end < text.count && end - start > 1 ? end - 1 : end
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "\r" || scalar == "\n" }
}
