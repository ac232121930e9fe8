public import VLM

/// Where something is in the picture, and who says so.
public struct AnswerPlace: Sendable, Equatable {
    /// Who tells a place.
    public enum Source: String, Sendable, CaseIterable {
        /// The model's own words.
        case words
        /// The concept's head: the part of the picture that it fired for, or a person's face.
        case head
        /// The attention that the concept's rows pay to the picture in the frozen model.
        case attention
    }

    /// What it is of, as the answer says, else as it was asked for; empty where neither names one thing.
    public let subject: String
    /// The concept it is of, where that is one that fired.
    public let concept: String?
    /// In pixels of the upright picture.
    public let box: PictureBox
    /// Who says so.
    public let source: Source
    /// What the box was read from; nil for words and faces.
    public let heat: PictureHeat?
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
            let concept = fired.first { $0.isCalled(subject) }?.concept
            return AnswerPlace(subject: subject, concept: concept, box: place.box, source: .words, heat: nil)
        }
    }

    /// Where the heads of the concepts that were asked for saw them; `area` is what their grid lies over.
    package static func places(
        ofHeads fired: [Recognition], asked: String, area: PictureBox, width: Int, height: Int
    ) -> [AnswerPlace] {
        fired.filter { $0.isCalled(asked) }.flatMap { seen in
            seen.boxes.map { face in
                AnswerPlace(
                    subject: seen.identifier, concept: seen.concept, box: face, source: .head, heat: nil)
            }
                + [
                    place(
                        of: seen, .head, PictureHeat(columns: seen.heatColumns, cells: seen.heat, area: area),
                        width: width, height: height)
                ].compactMap { $0 }
        }
    }

    /// Where the rows of the concepts that were asked for attend to most.
    static func places(
        ofAttention fired: [(seen: Recognition, heat: PictureHeat?)], asked: String, width: Int, height: Int
    ) -> [AnswerPlace] {
        fired.filter { $0.seen.isCalled(asked) }.compactMap {
            place(of: $0.seen, .attention, $0.heat, width: width, height: height)
        }
    }

    /// The place that heat tells; nil where it tells none.
    private static func place(
        of seen: Recognition, _ source: Source, _ heat: PictureHeat?, width: Int, height: Int
    ) -> AnswerPlace? {
        guard let heat, let box = heat.box(width: width, height: height) else { return nil }
        return AnswerPlace(subject: seen.identifier, concept: seen.concept, box: box, source: source, heat: heat)
    }
}

extension Recognition {
    /// Whether answers name it so.
    func isCalled(_ name: String) -> Bool { identifier.lowercased() == name.lowercased() }
}
