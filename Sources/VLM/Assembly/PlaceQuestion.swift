/// Recognises the question where something is.
package enum PlaceQuestion {
    private static let openings = ["where is ", "where are ", "where's "]
    private static let endings = [
        " in the picture", " in the image", " in the photo", " in this picture", " in this image", " in this photo",
        " here",
    ]

    /// The one of `names` whose place a cleaned question asks for; nil for every other question, such as what it does
    /// there.
    package static func subject(of question: String, among names: [String]) -> String? {
        var asked = question.lowercased()[...]
        guard let opening = openings.first(where: { asked.hasPrefix($0) }) else { return nil }
        asked = asked.dropFirst(opening.count)
        while let last = asked.last, "?!. ".contains(last) { asked = asked.dropLast() }
        if let ending = endings.first(where: { asked.hasSuffix($0) }) { asked = asked.dropLast(ending.count) }
        return names.first { $0.lowercased() == asked }
    }
}
