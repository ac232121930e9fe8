import Foundation
import Runtime
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct PictureViewsTests {
    private var random = TestRandom(seed: 5)

    private mutating func picture(_ width: Int, _ height: Int) -> RGBImage {
        RGBImage(
            width: width, height: height, pixels: (0..<width * height * 3).map { _ in UInt8(random.next() >> 56) })
    }

    @Test mutating func turnsEveryPixelToItsNearestPlace() {
        let image = picture(37, 23)
        for degrees in [-20.0, -3.5, 0, 11, 90] {
            let turned = PictureViews.rotated(image, degrees: degrees)
            let (sine, cosine) = (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
            for y in 0..<23 {
                for x in 0..<37 {
                    let (dx, dy) = (Double(x) - 18, Double(y) - 11)
                    let fromX = Int((18 + cosine * dx - sine * dy).rounded())
                    let fromY = Int((11 + sine * dx + cosine * dy).rounded())
                    let isInside = (0..<37).contains(fromX) && (0..<23).contains(fromY)
                    for channel in 0..<3 {
                        let expected = isInside ? image.pixels[(fromY * 37 + fromX) * 3 + channel] : 0
                        #expect(turned.pixels[(y * 37 + x) * 3 + channel] == expected)
                    }
                }
            }
        }
        #expect(PictureViews.rotated(image, degrees: 0).pixels == image.pixels)
        let mirror = PictureViews.mirrored(image)
        #expect(mirror.pixels.prefix(3) == image.pixels[36 * 3..<37 * 3])
        #expect(PictureViews.mirrored(mirror).pixels == image.pixels)
    }

    @Test mutating func largePhotosAreMadeSmallerForViews() {
        let small = picture(300, 200)
        #expect(PictureViews.source(small).pixels == small.pixels)
        let large = PictureViews.source(picture(PictureViews.longestSide + 200, 306))
        #expect(large.width == PictureViews.longestSide && large.height == 256)
    }
}
