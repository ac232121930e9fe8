import Foundations
import Testing
import VLM
import VLMTestSupport

@Suite(.timeLimit(.minutes(10))) struct ImageDecodingTests {
    @Test func everyFormatDecodesAsPillowDoes() throws {
        let golden = try ImageGolden.load()
        #expect(golden.decoded.count >= 20)
        for picture in golden.decoded {
            let image = try RGBImage(decoding: ImageGolden.bytes(picture.file))
            #expect(image.width == picture.width && image.height == picture.height, "\(picture.file)")
            let worst = largestDifference(image.pixels, picture.pixels)
            #expect(worst <= picture.tolerance, "\(picture.file) differs by \(worst) levels")
        }
    }

    @Test func aHeaderOfThirtyThousandSquaredIsRefusedAtOnce() throws {
        let error = #expect(throws: VLMError.self) { try RGBImage(decoding: ImageGolden.bytes("huge.png")) }
        #expect(error?.code == .imageTooLarge)
        #expect(error?.message.contains("30000 x 30000") == true)
    }

    @Test func limitsAreTheCallers() throws {
        let bytes = try ImageGolden.bytes("rgb.png")  // 31 x 23
        for limits in [
            ImageLimits(maximumPixels: 31 * 23 - 1), ImageLimits(maximumSide: 30),
            ImageLimits(maximumBytes: bytes.count - 1),
        ] {
            let error = #expect(throws: VLMError.self) { try RGBImage(decoding: bytes, limits: limits) }
            #expect(error?.code == .imageTooLarge)
        }
        let image = try RGBImage(decoding: bytes, limits: ImageLimits(maximumPixels: 31 * 23, maximumSide: 31))
        #expect(image.width == 31)
    }

    /// libjpeg fills what is missing with grey and only warns: half a picture must not pass for a whole one.
    @Test(arguments: [
        "baseline.jpg", "progressive.jpg", "rgb.png", "interlaced-alpha.png", "lossy.webp", "lossless.webp",
    ])
    func everyTruncationIsAnError(file: String) throws {
        let bytes = try ImageGolden.bytes(file)
        // JPEG's end marker is two bytes, PNG's end chunk twelve: pixels are missing before them.
        let end = bytes.count - (file.hasSuffix("png") ? 12 : 2)
        for count in stride(from: 0, to: end, by: 7) {
            let error = #expect(throws: VLMError.self, "\(file) cut to \(count)") {
                try RGBImage(decoding: Array(bytes.prefix(count)))
            }
            #expect(error?.code == .imageUnreadable || error?.code == .imageTooLarge)
        }
    }

    /// Phones put data of their own behind a picture, and tools lose its end mark: every pixel is there, so it is read.
    @Test(arguments: [
        "baseline.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg", "rgb.png", "interlaced-alpha.png", "lossy.webp",
        "alpha.webp",
    ])
    func whatFollowsTheLastPixelIsNoMatter(file: String) throws {
        let bytes = try ImageGolden.bytes(file)
        let whole = try RGBImage(decoding: bytes)
        let trailer =
            [0, 0, 1, 10, 14, 0, 0, 0] + Array("Image_UTC_Data1700000000000".utf8) + [UInt8](repeating: 0, count: 64)
        #expect(try RGBImage(decoding: bytes + trailer) == whole, "something follows")
        // JPEG's end mark, PNG's end chunk; a WebP has none.
        let end = file.hasSuffix("png") ? 12 : file.hasSuffix("jpg") ? 2 : 0
        let open = Array(bytes.dropLast(end))
        #expect(try RGBImage(decoding: open) == whole, "no end mark")
        #expect(try RGBImage(decoding: open + trailer) == whole, "something else where the end mark should be")
        let half = Array(bytes.prefix(bytes.count / 2))
        for cut in [half, half + trailer] {
            let error = #expect(throws: VLMError.self, "half a picture") { try RGBImage(decoding: cut) }
            #expect(error?.code == .imageUnreadable)
        }
    }

    /// A file that says it is longer than it is, because what stood behind the picture was cut off.
    @Test func aWebPWithoutItsLastChunksIsRead() throws {
        let bytes = try ImageGolden.bytes("lossless.webp")
        var longer = bytes
        longer[4] &+= 32
        #expect(try RGBImage(decoding: longer) == RGBImage(decoding: bytes))
    }

    /// Flipped bits may decode to other pixels, but never crash, hang or allocate beyond the limits.
    @Test(arguments: [
        "baseline.jpg", "progressive.jpg", "cmyk.jpg", "exif6.jpg", "palette.png", "exif6.webp", "alpha.webp",
    ])
    func flippedBitsNeverCrash(file: String) throws {
        let bytes = try ImageGolden.bytes(file)
        let limits = ImageLimits(maximumPixels: 100_000, maximumWorkingBytes: 16 << 20)
        var generator = SplitMix64(seed: 42)
        for _ in 0..<300 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            }
            do {
                let image = try RGBImage(decoding: damaged, limits: limits)
                #expect(image.width * image.height <= limits.maximumPixels)
            } catch {
                #expect([.imageUnreadable, .imageTooLarge].contains(error.code))
            }
        }
    }

    @Test func whatIsNoPictureIsNamed() throws {
        for bytes in [[], Array("hello, this is text".utf8), Array("GIF89a................".utf8)] as [[UInt8]] {
            let error = #expect(throws: VLMError.self) { try RGBImage(decoding: bytes) }
            #expect(error?.code == .imageUnreadable)
            #expect(error?.message.contains("JPEG, PNG or WebP") == true)
        }
        let animated = #expect(throws: VLMError.self) { try RGBImage(decoding: ImageGolden.bytes("animated.webp")) }
        #expect(animated?.message.contains("animated") == true)
    }

    @Test func encodingComesBack() throws {
        let image = try RGBImage(decoding: ImageGolden.bytes("rgb.png"))
        #expect(try RGBImage(decoding: image.encodedPNG()) == image)
        let jpeg = try RGBImage(decoding: image.encodedJPEG(quality: 100))
        #expect(jpeg.width == image.width && jpeg.height == image.height)
        let mean =
            zip(jpeg.pixels, image.pixels).map { abs(Double($0) - Double($1)) }.reduce(0, +)
            / Double(image.pixels.count)
        #expect(mean < 12)  // chroma is halved on a steep gradient
        let refused = #expect(throws: VLMError.self) { try image.encodedJPEG(quality: 0) }
        #expect(refused?.code == .invalidArgument)
    }
}
