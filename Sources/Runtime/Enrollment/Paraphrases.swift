import Rules

/// Other words for a sentence by the frozen language model (MyVLM: "as small as possible, and do not alter the
/// concept"), kept only where they are fit to train on.
package enum Paraphrases {
    /// Tokens of a paraphrase.
    static let tokens = 32

    /// What the language model is asked.
    package static func instruction(_ sentence: String, identifier: String) -> String {
        "Rewrite this sentence with small changes. Keep the word \(identifier).\n\(sentence)"
    }

    /// The paraphrase in an answer; nil unless it is one other sentence of about the same length that has the
    /// identifier exactly once and half of the sentence's longer words.
    package static func accepted(_ answer: String, of sentence: String, identifier: String) -> String? {
        let line = answer.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        var text = line.filter { $0 != "\"" }.split(separator: " ").joined(separator: " ")
        while let last = text.last, last == "." || last == " " { text.removeLast() }
        let words = plain(text)
        let original = plain(sentence)
        guard TextRules.occurrences(of: identifier, in: text) == 1, text.lowercased() != sentence.lowercased(),
            words.count >= 3, words.count * 2 >= original.count, words.count <= original.count * 2
        else { return nil }
        let known = Set(plain(identifier))
        let content = original.filter { $0.count > 3 && !known.contains($0) }
        let kept = content.count { words.contains($0) }
        return kept * 2 >= content.count ? text : nil
    }

    private static func plain(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
