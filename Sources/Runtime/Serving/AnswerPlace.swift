public import VLM

/// Where something is in the picture, and who says so.
public struct AnswerPlace: Sendable, Equatable {
    /// Who tells a place.
    public enum Source: String, Sendable {
        /// The model's own words.
        case words
    }

    /// What it is of, as the answer says, else as it was asked for; empty where neither names one thing.
    public let subject: String
    /// The concept it is of, where that is one that fired.
    public let concept: String?
    /// In pixels of the upright picture.
    public let box: ReferringAnswer.Box
    /// Who says so.
    public let source: Source
}

extension AnswerPlace {
    /// The boxes of an answer in the order of its words, about a picture of so many pixels.
    /// - Parameters:
    ///   - asked: the one thing whose place was asked for, if that was the question.
    ///   - fired: the concepts that the answer was made with.
    static func places(
        in text: String, width: Int, height: Int, asked: String?, fired: [Recognition]
    ) -> [AnswerPlace] {
        ReferringAnswer(text, width: width, height: height).places.map { place in
            let subject = place.phrase.isEmpty ? asked ?? "" : place.phrase
            let concept = fired.first { $0.identifier.lowercased() == subject.lowercased() }?.concept
            return AnswerPlace(subject: subject, concept: concept, box: place.box, source: .words)
        }
    }
}
