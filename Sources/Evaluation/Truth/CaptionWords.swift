/// Words as the truth of captions is counted in them: runs of a to z of the text in lower case.
package enum CaptionWords {
    /// A stretch of a text.
    struct Piece: Equatable {
        /// As it stands in the text.
        var text: String
        /// In lower case, where the stretch is a word.
        var word: String?
    }

    /// The words of a text.
    package static func words(of text: String) -> [String] { pieces(of: text).compactMap(\.word) }

    /// The whole text, in words and what stands between them.
    static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        var isOpen = false
        for scalar in text.unicodeScalars {
            // A capital may become several scalars; only the first of any is ever a letter of ours.
            let lower = scalar.properties.lowercaseMapping.unicodeScalars
            let letter = lower.first.flatMap { ("a"..."z").contains($0) ? String($0) : nil }
            if let last = pieces.indices.last, letter == nil ? pieces[last].word == nil : isOpen {
                pieces[last].text.unicodeScalars.append(scalar)
                pieces[last].word? += letter ?? ""
            } else {
                pieces.append(Piece(text: String(scalar), word: letter))
            }
            isOpen = letter != nil && lower.count == 1
        }
        return pieces
    }

    /// Words that say nothing of what is seen.
    static let stop = list(
        """
        a an the is are was be being of in on at to and with by for from his her its their it he she they this that \
        there up down out into onto over under near next some two three one while as who which has have had been other \
        another each very front back top side off through around behind along across
        """)

    /// Words that name a colour.
    static let colours = list(
        "red blue green yellow black white brown orange pink purple grey gray tan beige gold golden silver blond blonde"
    )

    /// One word for several that say the same.
    static let synonyms = [
        "gray": "grey", "blonde": "blond", "golden": "gold", "puppy": "dog", "kid": "child", "boy": "child",
        "girl": "child", "toddler": "child", "baby": "child", "lady": "woman", "guy": "man", "people": "person",
        "men": "man", "women": "woman", "children": "child", "bike": "bicycle", "grassy": "grass", "lawn": "grass",
        "ocean": "sea", "kids": "child",
    ]

    /// What a word's forms and synonyms have in common: the synonym's word, less one ending, less the second of a double
    /// letter, again the synonym's word, less each e at the end. No dictionary: some different words have one stem.
    package static func stem(_ word: String) -> String {
        var stem = synonyms[word] ?? word
        let ending = ["ing", "ies", "es", "s", "ed"].first { stem.hasSuffix($0) && stem.count - $0.count >= 3 }
        stem.removeLast(ending?.count ?? 0)
        if stem.count > 3, stem.last == stem.dropLast().last { stem.removeLast() }
        stem = synonyms[stem] ?? stem
        while stem.last == "e" { stem.removeLast() }
        return stem
    }

    private static func list(_ words: String) -> Set<String> { Set(words.split(separator: " ").map(String.init)) }
}
