/// How a vision tower wants its pictures: `preprocessor_config.json` of a downloaded checkpoint.
///
/// Resize, centre crop, rescale and normalise as transformers' processors on Pillow do, to the last bit of a float.
package struct ImageProcessor: Sendable {
    /// What a resize aims at.
    package enum Size: Sendable, Equatable {
        case shortestEdge(Int)
        case exact(width: Int, height: Int)
    }

    /// Nil: the picture is not resized.
    package let size: Size?
    package let filter: ResampleFilter
    /// Nil: not cropped.
    package let crop: (width: Int, height: Int)?
    /// Whether the picture is first put into a square of the mean colour.
    package let padsToSquare: Bool
    /// What levels become.
    let levels: PixelLevels
    package var mean: [Float] { levels.mean }
    /// Sizes a picture may be tiled to, (height, width); empty when it is never tiled.
    package let pinpoints: [(height: Int, width: Int)]

    private struct Edges: Decodable {
        let shortest_edge: Int?
        let height: Int?
        let width: Int?

        init(from decoder: any Decoder) throws {
            if let side = try? decoder.singleValueContainer().decode(Int.self) {
                (shortest_edge, height, width) = (side, nil, nil)
                return
            }
            let fields = try decoder.container(keyedBy: Key.self)
            shortest_edge = try fields.decodeIfPresent(Int.self, forKey: .shortest_edge)
            height = try fields.decodeIfPresent(Int.self, forKey: .height)
            width = try fields.decodeIfPresent(Int.self, forKey: .width)
        }

        enum Key: String, CodingKey { case shortest_edge, height, width }

        /// Throws `checkpointMalformed` for a side that no picture has, `unsupported` where no side is stated.
        func check(_ stated: StatedNumbers) throws {
            try stated.check(["shortest_edge": shortest_edge, "height": height, "width": width], 1...4096)
            guard shortest_edge != nil || height != nil && width != nil else {
                throw VLMError(
                    .unsupported,
                    "\(stated.file): \(stated.part.dropLast()) states neither shortest_edge nor height and width; other ways "
                        + "to resize are not supported")
            }
        }
    }

    private struct File: Decodable {
        let image_processor_type: String?
        let do_resize: Bool?
        let size: Edges?
        let resample: Int?
        let do_center_crop: Bool?
        let crop_size: Edges?
        let do_pad: Bool?
        let do_rescale: Bool?
        let rescale_factor: Double?
        let do_normalize: Bool?
        let image_mean: [Float]?
        let image_std: [Float]?
        let image_grid_pinpoints: [[Int]]?
    }

    /// `processor_config.json`, where the image processor is a part.
    private struct Nested: Decodable {
        let image_processor: File?
    }

    /// Reads a configuration, alone or inside of `processor_config.json`; `imageSize` is the tower's. Throws
    /// `checkpointMalformed` or `unsupported`, the latter too where a picture would not get the size that the tower reads.
    package init(json: [UInt8], file: String, imageSize: Int) throws {
        let what = "configuration of an image processor"
        let stated =
            try CheckpointJSON.decode(Nested.self, from: json, file: file, as: what).image_processor
            ?? CheckpointJSON.decode(File.self, from: json, file: file, as: what)
        let type = stated.image_processor_type ?? "CLIPImageProcessor"
        // Names with and without "Fast" mean the same preprocessing.
        let family = type.hasSuffix("Fast") ? String(type.dropLast(4)) : type
        let crops: Bool
        switch family {
        case "CLIPImageProcessor", "CLIPFeatureExtractor", "LlavaImageProcessor", "LlavaNextImageProcessor":
            crops = true
        case "SiglipImageProcessor", "BlipImageProcessor": crops = false
        default:
            throw VLMError(
                .unsupported,
                "\(file) names the image processor \(type); CLIP's, SigLIP's, BLIP's, LLaVA's and LLaVA-NeXT's are "
                    + "supported")
        }
        guard let filter = ResampleFilter(rawValue: stated.resample ?? ResampleFilter.bicubic.rawValue) else {
            throw VLMError(
                .unsupported, "\(file) asks for the resampling \(stated.resample ?? -1); 0 to 3 are supported")
        }
        self.filter = filter
        let numbers = StatedNumbers(file: file)
        try stated.size?.check(numbers.below("size"))
        try stated.crop_size?.check(numbers.below("crop_size"))
        size = stated.do_resize ?? true ? Self.size(stated.size, imageSize: imageSize) : nil
        if crops && stated.do_center_crop ?? true {
            let edge = stated.crop_size?.shortest_edge
            crop = (stated.crop_size?.width ?? edge ?? imageSize, stated.crop_size?.height ?? edge ?? imageSize)
        } else {
            crop = nil
        }
        // LLaVA-NeXT's `do_pad` is about batches; only LLaVA's own processor squares a picture.
        padsToSquare = family == "LlavaImageProcessor" && stated.do_pad ?? false
        levels = try PixelLevels(
            PixelLevels.Stated(
                rescales: stated.do_rescale, factor: stated.rescale_factor, normalises: stated.do_normalize,
                mean: stated.image_mean, deviation: stated.image_std,
                standard: (
                    mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
                    deviation: [0.268_629_54, 0.261_302_58, 0.275_777_11]
                )), file: file)
        pinpoints = try (stated.image_grid_pinpoints ?? []).map { pair in
            guard pair.count == 2, pair.allSatisfy({ ImageTiling.sides.contains($0) }) else {
                throw VLMError(.checkpointMalformed, "\(file) lists the impossible tile size \(pair)")
            }
            return (pair[0], pair[1])
        }
        try checkSize(imageSize, file)
    }

    /// Throws `unsupported` unless every picture gets the size that the tower reads.
    private func checkSize(_ side: Int, _ file: String) throws {
        let made: (width: Int, height: Int)? =
            if let crop {
                crop
            } else {
                switch size {
                case .exact(let width, let height): (width, height)
                case .shortestEdge(let edge) where padsToSquare: (edge, edge)
                case .shortestEdge, nil: nil
                }
            }
        guard made?.width == side, made?.height == side else {
            let what = made.map { "pictures of \($0.width) x \($0.height) pixels" } ?? "pictures of various sizes"
            throw VLMError(
                .unsupported,
                "\(file): its crop_size, size and do_center_crop make \(what), but the vision tower reads \(side) x \(side) "
                    + "(image_size of config.json): the files are of different models")
        }
    }

    private static func size(_ edges: Edges?, imageSize: Int) -> Size {
        if let height = edges?.height, let width = edges?.width { return .exact(width: width, height: height) }
        return .shortestEdge(edges?.shortest_edge ?? imageSize)
    }

    /// The picture as the tower sees it: resized and cropped, still 8-bit.
    ///
    /// Only pixels that the tower sees are computed: a long and narrow picture becomes none of a size that its sender
    /// chose.
    package func framed(_ image: RGBImage) -> RGBImage {
        var picture = FramedPicture(image)
        if padsToSquare {
            let side = max(image.width, image.height)
            picture = FramedPicture(
                image, width: side, height: side, colour: mean.map { UInt8(clamping: Int($0 * 255)) })
        }
        let full = fullSize(ofWidth: image.width, height: image.height)
        guard let crop else { return picture.resized(width: full.width, height: full.height, filter: filter) }
        return picture.resized(
            width: full.width, height: full.height, filter: filter, centre: (crop.width, crop.height))
    }

    /// What the tower sees of a picture of so many pixels, in pixels of the picture: `framed` is this part of it, and where
    /// that reaches beyond the picture, a frame.
    package func area(width: Int, height: Int) -> PictureBox {
        let full = fullSize(ofWidth: width, height: height)
        let (across, down) = (
            Float(full.frame.width) / Float(full.width), Float(full.frame.height) / Float(full.height)
        )
        let (left, top) = ((full.frame.width - width) / 2, (full.frame.height - height) / 2)
        let seen = crop ?? (full.width, full.height)
        let (x, y) = (
            FramedPicture.start(full.width, centre: seen.width), FramedPicture.start(full.height, centre: seen.height)
        )
        return PictureBox(
            x: Float(x) * across - Float(left), y: Float(y) * down - Float(top), width: Float(seen.width) * across,
            height: Float(seen.height) * down)
    }

    /// The size of what is resized, and the size that it gets.
    private func fullSize(
        ofWidth width: Int, height: Int
    ) -> (frame: (width: Int, height: Int), width: Int, height: Int) {
        let side = max(width, height)
        let frame = padsToSquare ? (width: side, height: side) : (width: width, height: height)
        let full =
            switch size {
            case .shortestEdge(let edge): FramedPicture.size(of: frame, shortestEdge: edge)
            case .exact(let width, let height): (width: width, height: height)
            case nil: frame
            }
        return (frame, full.width, full.height)
    }

    /// Normalised pixels of an already framed picture, planes `[3, height, width]`.
    package func normalised(_ image: RGBImage) -> [Float] { levels(image) }

    /// `pixel_values` of a picture that is not tiled, `[3, height, width]`.
    package func callAsFunction(_ image: RGBImage) -> [Float] { normalised(framed(image)) }
}
