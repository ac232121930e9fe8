package import Images

/// A colour, 8-bit sRGB.
package struct Ink: Equatable {
    package let red: UInt8
    package let green: UInt8
    package let blue: UInt8

    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }
}

/// Pixels to draw on, `[height, width, 3]`. What falls outside is cut off.
package struct Canvas: Equatable {
    package let width: Int
    package let height: Int
    package private(set) var pixels: [UInt8]

    /// `pixels.count` must be `width * height * 3`.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == width * height * 3, "\(pixels.count) bytes for \(width) x \(height)")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    package init(_ picture: RGBImage) {
        self.init(width: picture.width, height: picture.height, pixels: picture.pixels)
    }

    /// What was drawn.
    package var picture: RGBImage { RGBImage(width: width, height: height, pixels: pixels) }

    package init(width: Int, height: Int, filled ink: Ink) {
        self.init(width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
        fill(x: 0, y: 0, width: width, height: height, with: ink)
    }

    package subscript(x: Int, y: Int) -> Ink {
        let at = (y * width + x) * 3
        return Ink(pixels[at], pixels[at + 1], pixels[at + 2])
    }

    /// Lays ink over one pixel; `opacity` from 0 to 1.
    package mutating func blend(x: Int, y: Int, with ink: Ink, opacity: Double = 1) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let at = (y * width + x) * 3
        for (channel, value) in [ink.red, ink.green, ink.blue].enumerated() {
            let under = Double(pixels[at + channel])
            pixels[at + channel] = UInt8((under + (Double(value) - under) * opacity).rounded())
        }
    }

    package mutating func fill(x: Int, y: Int, width: Int, height: Int, with ink: Ink, opacity: Double = 1) {
        for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
            for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
                blend(x: column, y: row, with: ink, opacity: opacity)
            }
        }
    }

    /// The four edges of a rectangle, drawn inwards: whole, or so many pixels drawn and left out in turn.
    package mutating func frame(
        x: Int, y: Int, width: Int, height: Int, thickness: Int, with ink: Ink, dashes: (on: Int, off: Int)? = nil
    ) {
        for row in [y, y + height - thickness] {
            for (start, length) in Self.dashes(dashes, from: x, length: width, shown: 0..<self.width) {
                fill(x: start, y: row, width: length, height: thickness, with: ink)
            }
        }
        for column in [x, x + width - thickness] {
            for (start, length) in Self.dashes(dashes, from: y, length: height, shown: 0..<self.height) {
                fill(x: column, y: start, width: thickness, height: length, with: ink)
            }
        }
    }

    /// Where the dashes of a line lie; only those that may be seen, since a line may be of any length.
    private static func dashes(
        _ dashes: (on: Int, off: Int)?, from start: Int, length: Int, shown: Range<Int>
    ) -> [(start: Int, length: Int)] {
        guard let dashes else { return [(start, length)] }
        let period = dashes.on + dashes.off
        let first = max(0, (shown.lowerBound - start) / period)
        let end = min(start + length, shown.upperBound)
        return stride(from: start + first * period, to: end, by: period).map { ($0, min(dashes.on, end - $0)) }
    }

    package mutating func write(_ text: String, x: Int, y: Int, scale: Int, with ink: Ink) {
        var left = x
        for character in text {
            for (row, bits) in Glyphs.rows(of: character).enumerated() {
                for column in 0..<Glyphs.width where bits & (0x10 >> UInt8(column)) != 0 {
                    fill(
                        x: left + column * scale, y: y + row * scale, width: scale, height: scale, with: ink)
                }
            }
            left += (Glyphs.width + 1) * scale
        }
    }

    /// Copies another canvas with its top left corner at a place.
    package mutating func paste(_ other: Canvas, x: Int, y: Int) {
        for row in 0..<other.height {
            for column in 0..<other.width {
                blend(x: x + column, y: y + row, with: other[column, row])
            }
        }
    }

    /// The same picture at another size: each new pixel is the mean of those it covers, at least one.
    package func scaled(width newWidth: Int, height newHeight: Int) -> Canvas {
        var result = Canvas(width: newWidth, height: newHeight, filled: Ink(0, 0, 0))
        for y in 0..<newHeight {
            let top = y * height / newHeight
            let bottom = max(top + 1, (y + 1) * height / newHeight)
            for x in 0..<newWidth {
                let left = x * width / newWidth
                let right = max(left + 1, (x + 1) * width / newWidth)
                var sum = [0, 0, 0]
                for row in top..<bottom {
                    for at in stride(from: (row * width + left) * 3, to: (row * width + right) * 3, by: 3) {
                        for channel in 0..<3 { sum[channel] += Int(pixels[at + channel]) }
                    }
                }
                let count = (bottom - top) * (right - left)
                for channel in 0..<3 {
                    result.pixels[(y * newWidth + x) * 3 + channel] = UInt8((sum[channel] + count / 2) / count)
                }
            }
        }
        return result
    }
}
