import Foundation
import Foundations
package import VLM

/// Views of a photo: what the training sees beside the photo itself. Deterministic for a generator's state.
package enum PictureViews {
    /// The longer side views are made at: no vision side here reads more, and a photo of a telephone has ten times the
    /// pixels.
    package static let longestSide = 1024

    /// The picture views are made of: the photo, made smaller where it is larger than they need.
    package static func source(_ photo: RGBImage) -> RGBImage {
        let longer = max(photo.width, photo.height)
        guard longer > longestSide else { return photo }
        return photo.resized(
            width: max(1, photo.width * longestSide / longer), height: max(1, photo.height * longestSide / longer))
    }

    /// A view for an object head: perhaps mirrored, cropped to 75...100 % of each side, turned by up to 12 degrees.
    static func forHead(_ image: RGBImage, using generator: inout SplitMix64) -> RGBImage {
        var view = generator.unit() < 0.5 ? mirrored(image) : image
        view = rotated(view, degrees: generator.uniform(-12, 12))
        let share = generator.uniform(0.75, 1)
        let width = max(1, Int(Double(view.width) * share))
        let height = max(1, Int(Double(view.height) * share))
        let x = generator.index(below: view.width - width + 1)
        let y = generator.index(below: view.height - height + 1)
        return view.cropped(x: x, y: y, width: width, height: height)
    }

    /// A view for an embedding, MyVLM's augmentation with a smaller turn (corners of a small grid matter more):
    /// perhaps mirrored, brightness 0.6...1.4, turned by up to 20 degrees.
    static func forEmbedding(_ image: RGBImage, using generator: inout SplitMix64) -> RGBImage {
        var view = generator.unit() < 0.5 ? mirrored(image) : image
        view = brightened(view, by: generator.uniform(0.6, 1.4))
        return rotated(view, degrees: generator.uniform(-20, 20))
    }

    /// Left and right exchanged.
    package static func mirrored(_ image: RGBImage) -> RGBImage {
        let pixels = image.pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
                var at = 0
                for y in 0..<image.height {
                    for x in (0..<image.width).reversed() {
                        let from = (y * image.width + x) * 3
                        for channel in 0..<3 { target[at + channel] = source[from + channel] }
                        at += 3
                    }
                }
                count = source.count
            }
        }
        return RGBImage(width: image.width, height: image.height, pixels: pixels)
    }

    /// Every value times a factor, saturating.
    static func brightened(_ image: RGBImage, by factor: Double) -> RGBImage {
        let table = (0...255).map { UInt8(min(255, (Double($0) * factor).rounded())) }
        return RGBImage(width: image.width, height: image.height, pixels: image.pixels.map { table[Int($0)] })
    }

    /// Turned about the centre, nearest pixel, black where nothing was.
    package static func rotated(_ image: RGBImage, degrees: Double) -> RGBImage {
        let angle = degrees * .pi / 180
        let (sine, cosine) = (sin(angle), cos(angle))
        let centreX = Double(image.width - 1) / 2
        let centreY = Double(image.height - 1) / 2
        // What a column adds to the place its pixels come from, once for all rows.
        let columns = (0..<image.width).map { x in
            let dx = Double(x) - centreX
            return (x: centreX + cosine * dx, y: centreY + sine * dx)
        }
        let pixels = image.pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
                var at = 0
                for y in 0..<image.height {
                    let dy = Double(y) - centreY
                    let (rowX, rowY) = (sine * dy, cosine * dy)
                    for column in columns {
                        let x = Int((column.x - rowX).rounded())
                        let y = Int((column.y + rowY).rounded())
                        let isInside = x >= 0 && x < image.width && y >= 0 && y < image.height
                        let from = isInside ? (y * image.width + x) * 3 : 0
                        target[at] = isInside ? source[from] : 0
                        target[at + 1] = isInside ? source[from + 1] : 0
                        target[at + 2] = isInside ? source[from + 2] : 0
                        at += 3
                    }
                }
                count = source.count
            }
        }
        return RGBImage(width: image.width, height: image.height, pixels: pixels)
    }
}
