import Foundations
import Testing
import VLM
import VLMTestSupport

@Suite(.timeLimit(.minutes(10))) struct ImageOperationTests {
    @Test func resizeBrightnessAndRotationEqualPillow() throws {
        let golden = try ImageGolden.load()
        let source = try RGBImage(decoding: ImageGolden.bytes(golden.source))
        #expect(golden.operations.count >= 18)
        for operation in golden.operations {
            let arguments = operation.arguments
            let image: RGBImage
            switch operation.operation {
            case "resize": image = source.resized(width: Int(arguments[0]), height: Int(arguments[1]))
            case "brightness": image = source.brightened(by: Float(arguments[0]))
            case "rotate": image = source.rotated(degrees: arguments[0])
            default:
                Issue.record("unknown operation \(operation.operation)")
                continue
            }
            #expect(image.width == operation.width && image.height == operation.height)
            let worst = largestDifference(image.pixels, operation.pixels)
            #expect(worst == 0, "\(operation.operation) \(arguments) differs by \(worst)")
        }
    }

    /// Pillow adds up the step from pixel to pixel. Multiplied, the place in the middle was another pixel's where it falls on
    /// a border.
    @Test(arguments: [
        (14, [1, 4, 6, 9, 12]), (28, [2, 8, 13, 19, 25]), (4, [0, 1, 1, 2, 2, 3]), (8, [0, 2, 3, 4, 5, 7]),
    ])
    func theNearestPixelIsPillows(_ width: Int, _ expected: [UInt8]) {
        let row = RGBImage(width: width, height: 1, pixels: (0..<width * 3).map { UInt8($0 / 3) })
        let resized = row.resized(width: expected.count, height: 1, filter: .nearest)
        #expect(resized.pixels == expected.flatMap { [$0, $0, $0] })
    }

    @Test func croppingAndMirroringMovePixelsOnly() {
        let image = RGBImage(width: 2, height: 2, pixels: [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
        #expect(image.flippedHorizontally().pixels == [2, 2, 2, 1, 1, 1, 4, 4, 4, 3, 3, 3])
        #expect(image.cropped(x: 1, y: 0, width: 1, height: 2).pixels == [2, 2, 2, 4, 4, 4])
    }

    @Test func augmentationFollowsItsGenerator() throws {
        let image = try RGBImage(decoding: ImageGolden.bytes("rgb.png"))
        func views(_ seed: UInt64) -> [RGBImage] {
            var generator = SplitMix64(seed: seed)
            return (0..<6).map { _ in ImageAugmentation.concept.applied(to: image, using: &generator) }
        }
        let first = views(3)
        #expect(first == views(3))
        #expect(first != views(4))
        #expect(Set(first.map(\.pixels)).count == 6)
        var generator = SplitMix64(seed: 1)
        let none = ImageAugmentation(flipProbability: 0, brightness: 0, maximumRotation: 0)
        #expect(none.applied(to: image, using: &generator) == image)
    }
}
