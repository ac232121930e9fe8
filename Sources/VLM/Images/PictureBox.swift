/// A rectangle in pixels of the upright picture, origin top left.
public struct PictureBox: Sendable, Equatable {
    /// Left edge.
    public let x: Float
    /// Top edge.
    public let y: Float
    /// Width in pixels.
    public let width: Float
    /// Height in pixels.
    public let height: Float

    /// A box.
    public init(x: Float, y: Float, width: Float, height: Float) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// All of a picture.
    package init(pictureOf width: Int, _ height: Int) {
        self.init(x: 0, y: 0, width: Float(width), height: Float(height))
    }

    /// What two boxes share; nil where that has no area.
    package func shared(with other: PictureBox) -> PictureBox? {
        let (left, top) = (max(x, other.x), max(y, other.y))
        let (right, bottom) = (min(x + width, other.x + other.width), min(y + height, other.y + other.height))
        guard right > left, bottom > top else { return nil }
        return PictureBox(x: left, y: top, width: right - left, height: bottom - top)
    }

    /// What two boxes share / what they cover together, 0...1; 0 where neither has an area.
    package func overlap(with other: PictureBox) -> Double {
        func area(_ box: PictureBox) -> Double { Double(max(box.width, 0)) * Double(max(box.height, 0)) }
        guard let common = shared(with: other).map(area) else { return 0 }
        return min(1, common / (area(self) + area(other) - common))
    }

    /// The part of it from its left upper corner, `share` of each side.
    func leading(_ share: Float) -> PictureBox {
        PictureBox(x: x, y: y, width: width * share, height: height * share)
    }
}
