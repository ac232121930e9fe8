public import Rules

/// How large a picture may be. All limits are checked before memory is taken for pixels.
public struct ImageLimits: Sendable, Equatable {
    /// Width times height.
    public var maximumPixels: Int
    /// Width, and height.
    public var maximumSide: Int
    /// Encoded bytes.
    public var maximumBytes: Int
    /// Working memory of a decoder, in bytes, beside the pixels it hands back.
    public var maximumWorkingBytes: Int

    /// Limits; a phone's 50-megapixel photo passes the defaults.
    public init(
        maximumPixels: Int = Bounds.picturePixels.upperBound, maximumSide: Int = Bounds.pictureSide.upperBound,
        maximumBytes: Int = 64 << 20,
        maximumWorkingBytes: Int = 512 << 20
    ) {
        self.maximumPixels = maximumPixels
        self.maximumSide = maximumSide
        self.maximumBytes = maximumBytes
        self.maximumWorkingBytes = maximumWorkingBytes
    }

    /// The defaults.
    public static let standard = ImageLimits()

    func check(width: Int, height: Int) throws(ImageError) {
        guard width > 0, height > 0 else {
            throw ImageError(.unreadable, "the picture says it is \(width) x \(height) pixels; send a whole picture")
        }
        // Sides first: their product can then not overflow.
        guard width <= maximumSide, height <= maximumSide, width * height <= maximumPixels else {
            throw ImageError(
                .tooLarge,
                "the picture is \(width) x \(height) pixels; at most \(maximumSide) a side and \(maximumPixels) in all "
                    + "are read: scale it down")
        }
    }
}
