import Foundation

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
    package let rescale: Double
    package let mean: [Float]
    package let deviation: [Float]
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

    /// Reads a configuration; `imageSize` is the tower's. Throws `checkpointMalformed` or `unsupported`.
    package init(json: [UInt8], file: String, imageSize: Int) throws {
        let stated: File
        do {
            stated = try JSONDecoder().decode(File.self, from: Data(json))
        } catch {
            throw VLMError(.checkpointMalformed, "\(file) is no configuration of an image processor", cause: error)
        }
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
        size = stated.do_resize ?? true ? try Self.size(stated.size, imageSize: imageSize, file: file) : nil
        if crops && stated.do_center_crop ?? true {
            let edge = stated.crop_size?.shortest_edge
            crop = (stated.crop_size?.width ?? edge ?? imageSize, stated.crop_size?.height ?? edge ?? imageSize)
        } else {
            crop = nil
        }
        // LLaVA-NeXT's `do_pad` is about batches; only LLaVA's own processor squares a picture.
        padsToSquare = family == "LlavaImageProcessor" && stated.do_pad ?? false
        rescale = stated.do_rescale ?? true ? stated.rescale_factor ?? 1 / 255.0 : 1
        let normalises = stated.do_normalize ?? true
        mean = normalises ? stated.image_mean ?? [0.481_454_66, 0.457_827_5, 0.408_210_73] : [0, 0, 0]
        deviation = normalises ? stated.image_std ?? [0.268_629_54, 0.261_302_58, 0.275_777_11] : [1, 1, 1]
        pinpoints = try (stated.image_grid_pinpoints ?? []).map { pair in
            guard pair.count == 2, pair.allSatisfy({ (1...16384).contains($0) }) else {
                throw VLMError(.checkpointMalformed, "\(file) lists the impossible tile size \(pair)")
            }
            return (pair[0], pair[1])
        }
        guard mean.count == 3, deviation.count == 3, deviation.allSatisfy({ $0 > 0 }), rescale > 0,
            crop.map({ (1...4096).contains($0.width) && (1...4096).contains($0.height) }) ?? true
        else {
            throw VLMError(.checkpointMalformed, "\(file) states sizes, means or deviations out of range")
        }
    }

    private static func size(_ edges: Edges?, imageSize: Int, file: String) throws -> Size {
        let result: Size
        if let height = edges?.height, let width = edges?.width {
            result = .exact(width: width, height: height)
        } else {
            result = .shortestEdge(edges?.shortest_edge ?? imageSize)
        }
        switch result {
        case .shortestEdge(let edge) where (1...4096).contains(edge): return result
        case .exact(let width, let height) where (1...4096).contains(width) && (1...4096).contains(height):
            return result
        default: throw VLMError(.checkpointMalformed, "\(file) asks for pictures of an impossible size")
        }
    }

    /// The picture as the tower sees it: resized and cropped, still 8-bit.
    package func framed(_ image: RGBImage) -> RGBImage {
        var result = image
        if padsToSquare, image.width != image.height {
            let side = max(image.width, image.height)
            result = result.framed(width: side, height: side, colour: mean.map { UInt8(clamping: Int($0 * 255)) })
        }
        switch size {
        case .shortestEdge(let edge)?: result = result.resized(shortestEdge: edge, filter: filter)
        case .exact(let width, let height)?: result = result.resized(width: width, height: height, filter: filter)
        case nil: break
        }
        if let crop { result = result.centreCropped(width: crop.width, height: crop.height) }
        return result
    }

    /// Normalised pixels of an already framed picture, planes `[3, height, width]`.
    package func normalised(_ image: RGBImage) -> [Float] {
        // Rescaling rounds to a float before the mean is taken, as NumPy does.
        let levels = (0..<3).map { channel in
            (0..<256).map { (Float(Double($0) * rescale) - mean[channel]) / deviation[channel] }
        }
        let area = image.width * image.height
        return [Float](unsafeUninitializedCapacity: area * 3) { target, count in
            image.pixels.withUnsafeBufferPointer { pixels in
                for channel in 0..<3 {
                    let table = levels[channel]
                    for index in 0..<area { target[channel * area + index] = table[Int(pixels[index * 3 + channel])] }
                }
            }
            count = area * 3
        }
    }

    /// `pixel_values` of a picture that is not tiled, `[3, height, width]`.
    package func callAsFunction(_ image: RGBImage) -> [Float] { normalised(framed(image)) }
}
