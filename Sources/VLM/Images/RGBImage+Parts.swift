extension RGBImage {
    /// From this ratio of the sides on a picture has parts.
    static let partedRatio = 1.5
    /// Parts a picture has at most.
    static let mostParts = 4

    /// Squares as high as the picture is, evenly spread from its left end to its right one, or from top to bottom; none
    /// where no side is `partedRatio` times the other.
    package func squareParts() -> [RGBImage] {
        let (short, long) = (min(width, height), max(width, height))
        let ratio = Double(long) / Double(short)
        guard ratio >= Self.partedRatio else { return [] }
        let count = min(Self.mostParts, Int(ratio.rounded(.up)))
        return (0..<count).map { index in
            let offset = (long - short) * index / (count - 1)
            return width > height
                ? cropped(x: offset, y: 0, width: short, height: short)
                : cropped(x: 0, y: offset, width: short, height: short)
        }
    }
}
