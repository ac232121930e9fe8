/// What a word of a caption is worth beside what people said of the photo.
package enum WordVerdict: Sendable {
    /// It says nothing of what is seen.
    case uncounted
    case trueContent, falseContent
    case trueColour, falseColour
}

/// The words that people used of one photo.
package struct HumanWords: Sendable {
    /// Words and their stems.
    private let said: Set<String>

    /// Of captions of the photo.
    package init(_ captions: [String]) {
        let words = captions.flatMap(CaptionWords.words)
        said = Set(words).union(words.map(CaptionWords.stem))
    }

    /// Of a word in lower case: a colour is true where a caption names it, another word where one holds its stem.
    package func verdict(_ word: String) -> WordVerdict {
        if CaptionWords.colours.contains(word) {
            let isSaid = said.contains(word) || CaptionWords.synonyms[word].map(said.contains) ?? false
            return isSaid ? .trueColour : .falseColour
        }
        if CaptionWords.stop.contains(word) { return .uncounted }
        return said.contains(word) || said.contains(CaptionWords.stem(word)) ? .trueContent : .falseContent
    }
}
