/// Recognises the question where something is.
package enum PlaceQuestion {
    private static let openings = ["where is ", "where are ", "where's "]
    private static let endings = [
        " in the picture", " in the image", " in the photo", " in this picture", " in this image", " in this photo",
        " here",
    ]

    /// The one of `names` whose place a question asks for; nil for every other question, such as what it does there.
    package static func subject(of question: String, among names: [String]) -> String? {
        guard let asked = thing(of: PromptText.clean(question)) else { return nil }
        return named(asked, among: names)
    }

    /// What is looked for where a place is wanted in any case: the thing a question asks for, else all the words; as
    /// `names` spell it where it is one of them.
    package static func subject(ofPlace words: String, among names: [String]) -> String {
        let cleaned = PromptText.clean(words)
        let asked = thing(of: cleaned) ?? cleaned
        return named(asked, among: names) ?? asked
    }

    private static func named(_ asked: String, among names: [String]) -> String? {
        names.first { $0.lowercased() == asked.lowercased() }
    }

    /// The thing of "Where is the thing in the photo?"; nil for other questions.
    private static func thing(of question: String) -> String? {
        guard let opening = openings.first(where: { starts(question, with: $0) }) else { return nil }
        var asked = question.dropFirst(opening.count)
        while let last = asked.last, "?!. ".contains(last) { asked = asked.dropLast() }
        if let ending = endings.first(where: { asked.lowercased().hasSuffix($0) }) {
            asked = asked.dropLast(ending.count)
        }
        return asked.isEmpty ? nil : String(asked)
    }

    private static func starts(_ text: String, with opening: String) -> Bool {
        text.prefix(opening.count).lowercased() == opening
    }
}

extension VLMError {
    /// A place was asked of a model that answers in words alone.
    init(placeOf thing: String, by model: String) {
        self.init(
            .unsupported,
            "\(model) was not tuned to answer with a box, so it cannot show where \(thing) is: ask in words")
    }
}
