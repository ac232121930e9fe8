/// What texts for the model may be: questions and captions.
public enum TextRules {
    /// Stands for the concept in captions.
    public static let placeholder = "{concept}"

    /// Throws unless a question says something, within its bytes.
    public static func checkQuestion(_ text: String) throws(RuleError) {
        try checkText(text, what: "the question", limit: Bounds.questionBytes.upperBound)
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw RuleError("the question is empty; ask something")
        }
    }

    /// Throws for a text above `limit` bytes and for a NUL, which no message can carry.
    public static func checkText(_ text: String, what: String, limit: Int) throws(RuleError) {
        guard text.utf8.count <= limit else {
            throw RuleError("\(what) has \(text.utf8.count) bytes; \(limit) are allowed")
        }
        guard !text.utf8.contains(0) else { throw RuleError("\(what) holds a NUL; take it out") }
    }

    /// A caption of a photo's owner with single spaces: it holds the placeholder once and not the word it stands for.
    /// - Parameters:
    ///   - identifier: nil where it is not known yet.
    ///   - photo: what the photo is called in messages.
    public static func caption(
        _ text: String, identifier: String?, photo: String
    ) throws(RuleError) -> String {
        try checkText(text, what: "a caption", limit: 500)
        let caption = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard occurrences(of: placeholder, in: caption) == 1, caption.utf8.count <= Bounds.captionBytes.upperBound
        else {
            throw RuleError(
                "the caption \"\(caption.prefix(60))\" of \(photo) must have \(placeholder) exactly once and at most "
                    + "\(Bounds.captionBytes.upperBound) bytes")
        }
        guard let identifier else { return caption }
        let sentence = caption.split(separator: placeholder, omittingEmptySubsequences: false).joined(
            separator: identifier)
        guard occurrences(of: identifier, in: sentence) == 1 else {
            throw RuleError(
                "the caption \"\(caption.prefix(60))\" of \(photo) has \(identifier) besides \(placeholder): name it "
                    + "once")
        }
        return caption
    }

    /// How often a text has a part, letters compared without case; overlaps are not counted.
    public static func occurrences(of part: String, in text: String) -> Int {
        text.lowercased().split(separator: part.lowercased(), omittingEmptySubsequences: false).count - 1
    }
}
