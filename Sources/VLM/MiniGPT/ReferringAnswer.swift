/// An answer of a model that was asked where something is: `{<x1><y1><x2><y2>}`, hundredths of the picture's sides from its
/// left upper corner, behind `<p>words</p>` where it says of what.
///
/// A pure value. The words are always kept; a box that is malformed, lies outside of the picture or has no area is none.
public struct ReferringAnswer: Sendable, Equatable {
    /// A box, and what the answer says it is of.
    public struct Place: Sendable, Equatable {
        /// The last words in `<p>` before it; empty where there are none.
        public let phrase: String
        /// Where.
        public let box: PictureBox
    }

    /// The whole answer as it was said.
    public let words: String
    /// Its boxes, in the order of the words.
    public let places: [Place]

    /// The first box.
    public var box: PictureBox? { places.first?.box }

    /// Reads an answer about a picture of so many pixels.
    public init(_ words: String, width: Int, height: Int) {
        self.words = words
        var (places, phrase) = ([Place](), "")
        for found in words.matches(
            of: /<p>([^<>]{1,200})<\/p>|\{<(\d{1,3})><(\d{1,3})><(\d{1,3})><(\d{1,3})>\}/)
        {
            if let said = found.1 { phrase = PromptText.clean(String(said)) }
            let edges = [found.2, found.3, found.4, found.5].compactMap { $0.flatMap { Int($0) } }
            if let box = Self.box(edges, width: width, height: height) {
                places.append(Place(phrase: phrase, box: box))
            }
        }
        self.places = places
    }

    /// Left, top, right and bottom in hundredths; nil where they make no box inside of the picture.
    private static func box(_ edges: [Int], width: Int, height: Int) -> PictureBox? {
        guard edges.count == 4, edges.allSatisfy({ (0...100).contains($0) }), edges[0] < edges[2], edges[1] < edges[3],
            width > 0, height > 0
        else { return nil }
        func pixels(_ hundredths: Int, of side: Int) -> Float { Float(hundredths) * Float(side) / 100 }
        let (x, y) = (pixels(edges[0], of: width), pixels(edges[1], of: height))
        return PictureBox(
            x: x, y: y, width: pixels(edges[2], of: width) - x, height: pixels(edges[3], of: height) - y)
    }
}
