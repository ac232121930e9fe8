import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct PicturePartsTests {
    /// Red tells the column of a pixel, green its row.
    private func picture(_ width: Int, _ height: Int) -> RGBImage {
        RGBImage(
            width: width, height: height,
            pixels: (0..<height).flatMap { y in (0..<width).flatMap { x in [UInt8(x), UInt8(y), 0] } })
    }

    @Test func picturesNearASquareHaveNoParts() {
        #expect(picture(40, 40).squareParts().isEmpty)
        #expect(picture(59, 40).squareParts().isEmpty)
        #expect(picture(40, 59).squareParts().isEmpty)
    }

    @Test(arguments: [(60, 40, 2), (80, 40, 2), (81, 40, 3), (200, 40, 4), (40, 60, 2), (10, 250, 4), (3, 1, 3)])
    func squaresReachFromEndToEnd(_ width: Int, _ height: Int, _ count: Int) {
        let parts = picture(width, height).squareParts()
        let side = min(width, height)
        #expect(parts.count == count)
        #expect(parts.allSatisfy { $0.width == side && $0.height == side })
        // The first begins where the picture does, the last ends where it does.
        #expect(parts.first?.pixels.prefix(2) == [0, 0])
        #expect(parts.last?.pixels.suffix(3) == [UInt8(width - 1), UInt8(height - 1), 0])
    }
}
