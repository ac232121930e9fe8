/// The sentences an embedding is trained on: each names the concept exactly once.
package enum Sentences {
    /// Stands for the concept in captions.
    package static let placeholder = "{concept}"

    /// Said of every photo, whatever it shows.
    package static let templates = [
        "a photo of {concept}", "{concept} is in the picture", "this is {concept}", "a close up of {concept}",
    ]

    /// A caption of its owner with the identifier in place. Throws `invalidArgument` naming the photo when the
    /// placeholder is not there exactly once.
    package static func sentence(of caption: String, identifier: String, photo: String) throws -> String {
        let text = caption.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard occurrences(of: placeholder, in: text) == 1, text.utf8.count <= 300 else {
            throw RuntimeError(
                .invalidArgument,
                "the caption \"\(text.prefix(60))\" of \(photo) must have \(placeholder) exactly once and at most 300 "
                    + "bytes")
        }
        let sentence = replacing(placeholder, in: text, with: identifier)
        guard occurrences(of: identifier, in: sentence) == 1 else {
            throw RuntimeError(
                .invalidArgument,
                "the caption \"\(text.prefix(60))\" of \(photo) has \(identifier) besides \(placeholder): name it once")
        }
        return sentence
    }

    /// The frozen model's caption with the first noun that it uses, and the article before it, replaced by the
    /// identifier; nil when it uses none of them or would name the concept more than once.
    package static func personalised(_ caption: String, nouns: [String], identifier: String) -> String? {
        let words = caption.split(separator: " ").map(String.init)
        for noun in nouns {
            let parts = noun.lowercased().split(separator: " ").map(String.init)
            guard !parts.isEmpty, parts.count <= words.count else { continue }
            for start in 0...words.count - parts.count {
                let window = words[start..<start + parts.count]
                let bare = window.map { trimmed($0).lowercased() }
                guard bare == parts else { continue }
                var first = start
                if first > 0, ["a", "an", "the"].contains(words[first - 1].lowercased()) { first -= 1 }
                let ending = (window.last ?? "").reversed().prefix { $0.isPunctuation }.reversed()
                let result =
                    words[..<first] + [identifier + String(ending)] + words[(start + parts.count)...]
                let sentence = result.joined(separator: " ")
                return occurrences(of: identifier, in: sentence) == 1 ? sentence : nil
            }
        }
        return nil
    }

    /// The templates that name the concept exactly once.
    package static func fromTemplates(identifier: String) -> [String] {
        templates.map { replacing(placeholder, in: $0, with: identifier) }
            .filter { occurrences(of: identifier, in: $0) == 1 }
    }

    /// How often a text has a part, letters compared without case; overlaps are not counted.
    package static func occurrences(of part: String, in text: String) -> Int {
        text.lowercased().split(separator: part.lowercased(), omittingEmptySubsequences: false).count - 1
    }

    private static func replacing(_ part: String, in text: String, with other: String) -> String {
        text.split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }

    private static func trimmed(_ word: String) -> String {
        String(word.drop { $0.isPunctuation }.reversed().drop { $0.isPunctuation }.reversed())
    }
}
