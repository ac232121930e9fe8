/// A decoded picture: 8-bit sRGB, already turned upright.
public struct RGBImage: Sendable, Equatable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// `[height, width, 3]`, row by row, red green blue.
    public let pixels: [UInt8]

    /// A picture of the given pixels; `pixels.count` must be `width * height * 3`.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(
            width > 0 && height > 0 && pixels.count == width * height * 3,
            "\(pixels.count) bytes do not fill \(width) x \(height) RGB")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
