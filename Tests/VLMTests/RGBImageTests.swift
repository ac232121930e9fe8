import Testing
import VLM

@Test(.timeLimit(.minutes(10))) func imageKeepsItsPixels() {
    let image = RGBImage(width: 1, height: 2, pixels: [1, 2, 3, 4, 5, 6])
    #expect(image.pixels.count == image.width * image.height * 3)
}
