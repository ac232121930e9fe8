/// An answer of a model that was asked where something is: `{<x1><y1><x2><y2>}`, hundredths of the picture's sides from its
/// left upper corner.
///
/// A pure value. The words are always kept; a box that is malformed, lies outside of the picture or has no area is none.
public struct ReferringAnswer: Sendable, Equatable {
    /// A rectangle in pixels of the upright picture, origin top left.
    public struct Box: Sendable, Equatable {
        /// Left edge.
        public let x: Float
        /// Top edge.
        public let y: Float
        /// Width in pixels, more than zero.
        public let width: Float
        /// Height in pixels, more than zero.
        public let height: Float
    }

    /// The whole answer as it was said.
    public let words: String
    /// The first box of it that is one.
    public let box: Box?

    /// Reads an answer about a picture of so many pixels.
    public init(_ words: String, width: Int, height: Int) {
        self.words = words
        box =
            words.matches(of: /\{<(\d{1,3})><(\d{1,3})><(\d{1,3})><(\d{1,3})>\}/).lazy.compactMap { match in
                let edges = [match.1, match.2, match.3, match.4].compactMap { Int($0) }
                return Self.box(edges, width: width, height: height)
            }.first
    }

    /// Left, top, right and bottom in hundredths; nil where they make no box inside of the picture.
    private static func box(_ edges: [Int], width: Int, height: Int) -> Box? {
        guard edges.count == 4, edges.allSatisfy({ (0...100).contains($0) }), edges[0] < edges[2], edges[1] < edges[3],
            width > 0, height > 0
        else { return nil }
        func pixels(_ hundredths: Int, of side: Int) -> Float { Float(hundredths) * Float(side) / 100 }
        let (x, y) = (pixels(edges[0], of: width), pixels(edges[1], of: height))
        return Box(
            x: x, y: y, width: pixels(edges[2], of: width) - x, height: pixels(edges[3], of: height) - y)
    }
}
