import Runtime
import VLM

/// Where the thing is in a test photo, and where each source says that it is. Boxes are left, top, width and height in
/// pixels of the upright photo.
package struct PlaceRow: Codable, Equatable, Sendable {
    /// Whom a figure is of, beside the sources of answers: who says the whole photo, whatever it shows.
    package static let wholePhoto = "photo"

    /// Where it is.
    package let truth: [Float]
    /// The first box that each source told, by `AnswerPlace.Source`; none where it told nothing. Sources that the model
    /// does not have are left out.
    package let told: [String: [Float]]

    package init(truth: [Float], told: [String: [Float]]) {
        self.truth = truth
        self.told = told
    }

    /// What answers told, with the whole photo beside.
    init(truth: PictureBox, photo: PictureBox, places: [AnswerPlace], sources: [AnswerPlace.Source]) {
        func numbers(_ box: PictureBox) -> [Float] { [box.x, box.y, box.width, box.height] }
        var told = [Self.wholePhoto: numbers(photo)]
        for source in sources {
            told[source.rawValue] = places.first { $0.source == source }.map { numbers($0.box) } ?? []
        }
        self.init(truth: numbers(truth), told: told)
    }

    /// What the box of a source and the true one share of all they cover: 0 where it told none, nil where the model has no
    /// such source.
    package func overlap(_ source: String) -> Double? {
        guard let truth = Self.box(truth), let numbers = told[source] else { return nil }
        return Self.box(numbers).map { truth.overlap(with: $0) } ?? 0
    }

    private static func box(_ numbers: [Float]) -> PictureBox? {
        numbers.count == 4
            ? PictureBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3]) : nil
    }
}
