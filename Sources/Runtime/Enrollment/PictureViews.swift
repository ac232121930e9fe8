import Foundation
import VLM

/// Views of a photo: what the training sees beside the photo itself. Deterministic for a generator's state.
enum PictureViews {
    /// A view for an object head: perhaps mirrored, cropped to 75...100 % of each side, turned by up to 12 degrees.
    static func forHead(_ image: RGBImage, using generator: inout SeededGenerator) -> RGBImage {
        var view = generator.unit() < 0.5 ? mirrored(image) : image
        view = rotated(view, degrees: generator.uniform(-12, 12))
        let share = generator.uniform(0.75, 1)
        let width = max(1, Int(Double(view.width) * share))
        let height = max(1, Int(Double(view.height) * share))
        return cropped(
            view, x: generator.index(below: view.width - width + 1),
            y: generator.index(below: view.height - height + 1),
            width: width, height: height)
    }

    /// A view for an embedding, MyVLM's augmentation with a smaller turn (corners of a small grid matter more):
    /// perhaps mirrored, brightness 0.6...1.4, turned by up to 20 degrees.
    static func forEmbedding(_ image: RGBImage, using generator: inout SeededGenerator) -> RGBImage {
        var view = generator.unit() < 0.5 ? mirrored(image) : image
        view = brightened(view, by: generator.uniform(0.6, 1.4))
        return rotated(view, degrees: generator.uniform(-20, 20))
    }

    /// Left and right exchanged.
    static func mirrored(_ image: RGBImage) -> RGBImage {
        mapped(image) { x, y in (image.width - 1 - x, y) }
    }

    /// The part of a picture; it must lie inside.
    static func cropped(_ image: RGBImage, x: Int, y: Int, width: Int, height: Int) -> RGBImage {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for row in y..<y + height {
            let start = (row * image.width + x) * 3
            pixels += image.pixels[start..<start + width * 3]
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// Every value times a factor, saturating.
    static func brightened(_ image: RGBImage, by factor: Double) -> RGBImage {
        let table = (0...255).map { UInt8(min(255, (Double($0) * factor).rounded())) }
        return RGBImage(width: image.width, height: image.height, pixels: image.pixels.map { table[Int($0)] })
    }

    /// Turned about the centre, nearest pixel, black where nothing was.
    static func rotated(_ image: RGBImage, degrees: Double) -> RGBImage {
        let angle = degrees * .pi / 180
        let (sine, cosine) = (sin(angle), cos(angle))
        let centreX = Double(image.width - 1) / 2
        let centreY = Double(image.height - 1) / 2
        return mapped(image) { x, y in
            let dx = Double(x) - centreX
            let dy = Double(y) - centreY
            return (
                Int((centreX + cosine * dx - sine * dy).rounded()), Int((centreY + sine * dx + cosine * dy).rounded())
            )
        }
    }

    /// Each pixel from where `source` says; black outside.
    private static func mapped(_ image: RGBImage, _ source: (Int, Int) -> (x: Int, y: Int)) -> RGBImage {
        var pixels = [UInt8](repeating: 0, count: image.pixels.count)
        for y in 0..<image.height {
            for x in 0..<image.width {
                let from = source(x, y)
                guard from.x >= 0, from.x < image.width, from.y >= 0, from.y < image.height else { continue }
                let target = (y * image.width + x) * 3
                let origin = (from.y * image.width + from.x) * 3
                for channel in 0..<3 { pixels[target + channel] = image.pixels[origin + channel] }
            }
        }
        return RGBImage(width: image.width, height: image.height, pixels: pixels)
    }
}
