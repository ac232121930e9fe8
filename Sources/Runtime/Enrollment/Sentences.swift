import Rules

/// The sentences an embedding is trained on: each names the concept exactly once.
package enum Sentences {
    /// Said of every photo, whatever it shows.
    package static let templates = [
        "a photo of {concept}", "{concept} is in the picture", "this is {concept}", "a close up of {concept}",
    ]

    /// A caption of its owner with the identifier in place. Throws `invalidArgument` naming the photo when the
    /// placeholder is not there exactly once.
    package static func sentence(of caption: String, identifier: String, photo: String) throws -> String {
        let text = try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in
            try TextRules.caption(caption, identifier: identifier, photo: photo)
        }
        return replacing(TextRules.placeholder, in: text, with: identifier)
    }

    /// The frozen model's caption told of the concept: the first noun that it uses, else its subject, replaced by the
    /// identifier together with the article before it. Nil when there is neither or the concept would be named twice.
    ///
    /// The subject may be wrong ("a man" for a cat), but what is said of it keeps the model's way of telling what it
    /// sees, which templates alone would train away.
    package static func personalised(_ caption: String, nouns: [String], identifier: String) -> String? {
        let words = caption.split(separator: " ").map(String.init)
        guard let range = noun(nouns, in: words) ?? subject(of: words) else { return nil }
        let ending = (words[range].last ?? "").reversed().prefix { $0.isPunctuation }.reversed()
        var rest = Array(words[range.upperBound...])
        if rest.first == "are" { rest[0] = "is" }
        let sentence = (words[..<range.lowerBound] + [identifier + String(ending)] + rest).joined(separator: " ")
        return TextRules.occurrences(of: identifier, in: sentence) == 1 ? sentence : nil
    }

    /// Where the first of the nouns stands, with its article.
    private static func noun(_ nouns: [String], in words: [String]) -> Range<Int>? {
        for noun in nouns {
            let parts = noun.lowercased().split(separator: " ").map(String.init)
            guard !parts.isEmpty, parts.count <= words.count else { continue }
            for start in 0...words.count - parts.count
            where words[start..<start + parts.count].map({ trimmed($0).lowercased() }) == parts {
                let article = start > 0 && ["a", "an", "the"].contains(words[start - 1].lowercased())
                return start - (article ? 1 : 0)..<start + parts.count
            }
        }
        return nil
    }

    /// The words before the first verb of a caption such as "a man and a dog are sitting on a bench".
    private static func subject(of words: [String]) -> Range<Int>? {
        let verbs: Set<String> = [
            "is", "are", "sits", "stands", "lies", "rests", "looks", "holds", "wears", "walks", "runs", "plays",
            "sitting", "standing", "lying", "resting", "looking", "walking", "running", "playing", "holding", "wearing",
        ]
        guard let verb = words.prefix(9).firstIndex(where: { verbs.contains($0.lowercased()) }), verb > 0 else {
            return nil
        }
        return 0..<verb
    }

    /// The templates that name the concept exactly once.
    package static func fromTemplates(identifier: String) -> [String] {
        templates.map { replacing(TextRules.placeholder, in: $0, with: identifier) }
            .filter { TextRules.occurrences(of: identifier, in: $0) == 1 }
    }

    private static func replacing(_ part: String, in text: String, with other: String) -> String {
        text.split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }

    private static func trimmed(_ word: String) -> String {
        String(word.drop { $0.isPunctuation }.reversed().drop { $0.isPunctuation }.reversed())
    }
}
