/// How SmolVLM wants its pictures: Idefics3's preprocessing, as transformers' processor on Pillow does it.
///
/// Two resizes follow each other, each rounded to 8 bits: the longest side to a fixed size, upwards too, then all of it to
/// a square. Where a picture is cut into tiles, it is first resized to whole tiles, and the whole from that.
package struct SmolVLMPictures: Sendable {
    /// Pixels of the longest side after the first resize; nil: there is none.
    let longestEdge: Int?
    /// Pixels on a side of a tile and of the whole.
    let tile: Int
    let filter: ResampleFilter
    let levels: PixelLevels
    /// Whether pictures are cut into tiles beside the whole.
    package let isTiled: Bool

    /// A side has no more pixels than this, whatever the file says (transformers' MAX_IMAGE_SIZE).
    private static let largestSide = 4096

    private struct Edge: Decodable {
        let longest_edge: Int?
    }

    private struct File: Decodable {
        let image_processor_type: String?
        let do_resize: Bool?
        let size: Edge?
        let max_image_size: Edge?
        let resample: Int?
        let do_rescale: Bool?
        let rescale_factor: Double?
        let do_normalize: Bool?
        let image_mean: [Float]?
        let image_std: [Float]?
    }

    /// `processor_config.json`, where the image processor is a part.
    private struct Nested: Decodable {
        let image_processor: File?
    }

    /// Reads a configuration, alone or inside of `processor_config.json`; `imageSize` is the tower's. Throws
    /// `checkpointMalformed` or `unsupported`.
    package init(json: [UInt8], file: String, imageSize: Int, tiles: Bool) throws {
        let what = "configuration of an image processor"
        let stated =
            try CheckpointJSON.decode(Nested.self, from: json, file: file, as: what).image_processor
            ?? CheckpointJSON.decode(File.self, from: json, file: file, as: what)
        // Names with and without "Fast" mean the same preprocessing.
        let type = stated.image_processor_type ?? "Idefics3ImageProcessor"
        guard ["Idefics3ImageProcessor", "SmolVLMImageProcessor"].contains(type.replacing("Fast", with: "")) else {
            throw VLMError(
                .unsupported, "\(file) names the image processor \(type); a SmolVLM model has Idefics3's or SmolVLM's")
        }
        let numbers = StatedNumbers(file: file)
        for (key, edge) in [("size", stated.size), ("max_image_size", stated.max_image_size)] {
            guard let edge else { continue }
            try numbers.below(key).check("longest_edge", edge.longest_edge, 1...1 << 14)
            guard edge.longest_edge != nil else {
                throw VLMError(
                    .unsupported, "\(file): \(key) states no longest_edge; other ways to resize are not supported")
            }
        }
        guard let filter = ResampleFilter(rawValue: stated.resample ?? ResampleFilter.lanczos.rawValue) else {
            throw VLMError(
                .unsupported, "\(file) asks for the resampling \(stated.resample ?? -1); 0 to 3 are supported")
        }
        self.filter = filter
        levels = try PixelLevels(
            PixelLevels.Stated(
                rescales: stated.do_rescale, factor: stated.rescale_factor, normalises: stated.do_normalize,
                mean: stated.image_mean, deviation: stated.image_std,
                standard: (mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])), file: file)
        longestEdge = stated.do_resize ?? true ? stated.size?.longest_edge ?? 4 * 364 : nil
        tile = stated.max_image_size?.longest_edge ?? 364
        guard tile == imageSize else {
            throw VLMError(
                .unsupported,
                "\(file): max_image_size makes pictures of \(tile) x \(tile) pixels, but the vision tower reads \(imageSize) "
                    + "x \(imageSize) (image_size of config.json): the files are of different models")
        }
        isTiled = tiles && min(longestEdge ?? .max, Self.largestSide) > tile
        try checkTiles(file)
    }

    /// Throws `unsupported` where a picture might have more tiles than are run.
    private func checkTiles(_ file: String) throws {
        guard isTiled else { return }
        guard longestEdge != nil else {
            throw VLMError(
                .unsupported,
                "\(file): do_resize is false, so a picture may have any number of tiles; load the model without tiles")
        }
        guard mostLines * mostLines <= ImageTiling.mostTiles else {
            throw VLMError(
                .unsupported,
                "\(file): size.longest_edge over max_image_size makes \(mostLines) x \(mostLines) tiles of a picture, more "
                    + "than \(ImageTiling.mostTiles); load the model without tiles")
        }
    }

    /// Rows, and columns, of tiles that a picture has at most. A side that is odd is made one longer.
    var mostLines: Int {
        let side = longestEdge ?? 0
        return (min(side + side % 2, Self.largestSide) + tile - 1) / tile
    }

    /// A picture cut up: its tiles, row by row, then the whole.
    package struct Cut: Sendable {
        package let views: [RGBImage]
        let rows: Int
        let columns: Int
    }

    /// A picture's tiles, if it has any, and the whole.
    package func cut(_ image: RGBImage) -> Cut {
        let first = longestEdge.map { resized(image, Self.fitted(image.width, image.height, longest: $0)) } ?? image
        guard isTiled else { return Cut(views: [resized(first, (tile, tile))], rows: 0, columns: 0) }
        let full = resized(first, wholeTiles(first.width, first.height))
        let (rows, columns) = (full.height / tile, full.width / tile)
        let tiles = (0..<rows * columns).map { index in
            full.cropped(x: index % columns * tile, y: index / columns * tile, width: tile, height: tile)
        }
        return Cut(views: tiles + [resized(full, (tile, tile))], rows: rows, columns: columns)
    }

    private func resized(_ image: RGBImage, _ size: (width: Int, height: Int)) -> RGBImage {
        image.resized(width: size.width, height: size.height, filter: filter)
    }

    /// The longer side as stated, the other one in proportion and even; then no side longer than `largestSide`. Products
    /// and quotients are rounded as Python's doubles are.
    private static func fitted(_ width: Int, _ height: Int, longest: Int) -> (width: Int, height: Int) {
        func scaled(_ width: Int, _ height: Int, _ longest: Int) -> (width: Int, height: Int) {
            let ratio = Double(width) / Double(height)
            return width >= height
                ? (longest, Int(Double(longest) / ratio)) : (Int(Double(longest) * ratio), longest)
        }
        var size = scaled(width, height, longest)
        if width >= height { size.height += size.height % 2 } else { size.width += size.width % 2 }
        size = (max(size.width, 1), max(size.height, 1))
        if max(size.width, size.height) > largestSide { size = scaled(size.width, size.height, largestSide) }
        return (max(size.width, 1), max(size.height, 1))
    }

    /// The longer side up to whole tiles, the other one in proportion, then up to whole tiles too.
    private func wholeTiles(_ width: Int, _ height: Int) -> (width: Int, height: Int) {
        func up(_ side: Int) -> Int { (side + tile - 1) / tile * tile }
        let ratio = Double(width) / Double(height)
        if width >= height {
            let full = up(width)
            return (full, up(Int(Double(full) / ratio)))
        }
        let full = up(height)
        return (up(Int(Double(full) * ratio)), full)
    }
}
