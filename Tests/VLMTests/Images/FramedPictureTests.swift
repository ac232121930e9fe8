import Testing
import VLM

/// What a tower sees of a picture is computed without the rest of the picture being made: a picture of 9000 x 1 pixels,
/// scaled by its shorter side, had become one of three million by 336.
@Suite(.timeLimit(.minutes(10))) struct FramedPictureTests {
    private func picture(_ width: Int, _ height: Int) -> RGBImage {
        RGBImage(
            width: width, height: height,
            pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 9) })
    }

    /// The middle of a whole picture, black around it.
    private func middle(of image: RGBImage, _ side: Int) -> RGBImage {
        func start(_ size: Int) -> Int { size >= side ? (size - side) / 2 : -((side - size + 1) / 2) }
        let (left, top) = (start(image.width), start(image.height))
        var pixels: [UInt8] = []
        for y in top..<top + side {
            for x in left..<left + side {
                if (0..<image.width).contains(x), (0..<image.height).contains(y) {
                    pixels += image.pixels[(y * image.width + x) * 3..<(y * image.width + x) * 3 + 3]
                } else {
                    pixels += [0, 0, 0]
                }
            }
        }
        return RGBImage(width: side, height: side, pixels: pixels)
    }

    /// The picture in the middle of a square of one colour.
    private func square(_ image: RGBImage, _ side: Int, colour: [UInt8]) -> RGBImage {
        let (left, top) = ((side - image.width) / 2, (side - image.height) / 2)
        var pixels: [UInt8] = []
        for y in 0..<side {
            for x in 0..<side {
                if (left..<left + image.width).contains(x), (top..<top + image.height).contains(y) {
                    let at = ((y - top) * image.width + x - left) * 3
                    pixels += image.pixels[at..<at + 3]
                } else {
                    pixels += colour
                }
            }
        }
        return RGBImage(width: side, height: side, pixels: pixels)
    }

    private func processor(_ more: String) throws -> ImageProcessor {
        try ImageProcessor(json: Array("{\(more)}".utf8), file: "preprocessor_config.json", imageSize: 24)
    }

    @Test(arguments: ResampleFilter.allCases, [(60, 24), (7, 90), (24, 24), (33, 5), (1, 41), (200, 3), (25, 24)])
    func aWindowIsThePartOfTheWhole(_ filter: ResampleFilter, _ size: (width: Int, height: Int)) throws {
        let image = picture(size.width, size.height)
        for edge in [24, 30, 17] {
            let processor = try processor(
                #""size":{"shortest_edge":\#(edge)},"crop_size":24,"resample":\#(filter.rawValue)"#)
            let long = edge * max(size.width, size.height) / min(size.width, size.height)
            let whole = image.resized(
                width: size.width <= size.height ? edge : long, height: size.width <= size.height ? long : edge,
                filter: filter)
            #expect(processor.framed(image) == middle(of: whole, 24))
        }
    }

    @Test(arguments: ResampleFilter.allCases, [(60, 24), (7, 90), (1, 41), (200, 3), (24, 23)])
    func aSquareIsNeverMade(_ filter: ResampleFilter, _ size: (width: Int, height: Int)) throws {
        let image = picture(size.width, size.height)
        let side = max(size.width, size.height)
        for shape in [(24, 24), (26, 100), (100, 26)] {
            let processor = try processor(
                #"""
                "image_processor_type":"LlavaImageProcessor","do_pad":true,"resample":\#(filter.rawValue),
                "size":{"height":\#(shape.1),"width":\#(shape.0)},"crop_size":24
                """#)
            let square = square(image, side, colour: processor.mean.map { UInt8(clamping: Int($0 * 255)) })
            let whole = square.resized(width: shape.0, height: shape.1, filter: filter)
            #expect(processor.framed(image) == middle(of: whole, 24))
        }
    }

    /// Where the tower looks, found in pixels that say where they are.
    @Test(
        arguments: [(60, 24), (7, 90), (24, 24), (33, 5), (200, 30), (25, 24)],
        [
            #""size":{"shortest_edge":24},"crop_size":24"#, #""size":{"shortest_edge":30},"crop_size":24"#,
            #""size":{"shortest_edge":17},"crop_size":24"#, #""do_resize":false,"crop_size":24"#,
            #""size":{"height":24,"width":24},"do_center_crop":false"#,
            #""size":{"height":26,"width":100},"crop_size":24"#,
            #""image_processor_type":"LlavaImageProcessor","do_pad":true,"size":{"height":24,"width":24},"crop_size":24"#,
            #""image_processor_type":"LlavaImageProcessor","do_pad":true,"size":{"shortest_edge":40},"crop_size":24"#,
        ])
    func theAreaIsWhereTheTowerLooks(_ size: (width: Int, height: Int), _ more: String) throws {
        let image = RGBImage(
            width: size.width, height: size.height,
            pixels: (0..<size.height).flatMap { y in
                (0..<size.width).flatMap { x in [UInt8(x), UInt8(y), 255] }
            })
        let processor = try processor(more + #","resample":0,"image_mean":[0,0,0]"#)
        let (framed, area) = (
            processor.framed(image), processor.area(width: size.width, height: size.height)
        )
        for y in 0..<24 {
            for x in 0..<24 {
                let (left, top) = (
                    area.x + (Float(x) + 0.5) * area.width / 24, area.y + (Float(y) + 0.5) * area.height / 24
                )
                let at = (y * 24 + x) * 3
                let isInside = framed.pixels[at + 2] == 255
                if isInside {
                    #expect(
                        abs(Float(framed.pixels[at]) + 0.5 - left) <= 1
                            && abs(Float(framed.pixels[at + 1]) + 0.5 - top) <= 1)
                } else {
                    // Half a pixel beside the border may count as either.
                    #expect(
                        left < 1 || top < 1 || left > Float(size.width) - 1 || top > Float(size.height) - 1,
                        "\(x), \(y) is at \(left), \(top)")
                }
            }
        }
    }

    @Test func aCropMayBeAllThereIs() throws {
        let image = picture(31, 9)
        #expect(try processor(#""do_resize":false,"crop_size":24"#).framed(image) == middle(of: image, 24))
    }

    /// The longest pictures that are read, in a moment and in little memory.
    @Test(arguments: [(20000, 1), (1, 20000), (9000, 1)])
    func aLongPictureBecomesNoLargerOne(_ size: (width: Int, height: Int)) throws {
        let image = picture(size.width, size.height)
        for more in [
            #""size":{"shortest_edge":4096},"crop_size":24"#,
            #""image_processor_type":"LlavaImageProcessor","do_pad":true,"size":{"shortest_edge":24},"crop_size":24"#,
        ] {
            let framed = try processor(more).framed(image)
            #expect(framed.width == 24 && framed.height == 24)
        }
    }

    @Test(arguments: [
        #""size":{"longest_edge":24}"#, #""do_center_crop":false"#, #""do_resize":false,"do_center_crop":false"#,
        #""crop_size":23"#, #""crop_size":{"height":24,"width":25}"#, #""image_mean":[0,0]"#, #""image_std":[1,1,0]"#,
        #""image_std":[1e-30,1,1]"#, #""rescale_factor":0"#, #""size":0"#, #""size":{"height":24}"#,
        #""image_processor_type":"SiglipImageProcessor","size":{"height":24,"width":23}"#,
    ])
    func otherResultsAreRefused(_ more: String) {
        #expect(throws: VLMError.self) { try processor(more) }
    }
}
