/// How 8-bit levels become the numbers that a vision tower reads: rescaled, less the channel's mean, by its deviation.
///
/// Equal to transformers' `rescale` and `normalize` on NumPy, to the last bit of a float.
package struct PixelLevels: Sendable {
    let rescale: Double
    package let mean: [Float]
    let deviation: [Float]

    /// What a preprocessor's file says of it, with the means and deviations that hold where the file is silent.
    struct Stated {
        let rescales: Bool?
        let factor: Double?
        let normalises: Bool?
        let mean: [Float]?
        let deviation: [Float]?
        let standard: (mean: [Float], deviation: [Float])
    }

    /// Pixel values beyond this come from no picture that a tower was trained on.
    private static let largestValue: Float = 1e6

    /// Throws `checkpointMalformed` unless black and white become numbers that a tower can read.
    init(_ stated: Stated, file: String) throws {
        rescale = stated.rescales ?? true ? stated.factor ?? 1 / 255.0 : 1
        let normalises = stated.normalises ?? true
        mean = normalises ? stated.mean ?? stated.standard.mean : [0, 0, 0]
        deviation = normalises ? stated.deviation ?? stated.standard.deviation : [1, 1, 1]
        guard mean.count == 3, deviation.count == 3, deviation.allSatisfy({ $0 > 0 }), rescale > 0,
            mean.allSatisfy({ abs($0) <= Self.largestValue }),
            (0..<3).allSatisfy({ channel in
                [0, 255].allSatisfy { abs(value($0, channel)) <= Self.largestValue }
            })
        else {
            throw VLMError(
                .checkpointMalformed,
                "\(file): rescale_factor \(rescale), image_mean \(mean) and image_std \(deviation) make no pixel values of a "
                    + "picture: three means and three positive deviations are needed")
        }
    }

    /// Rescaling rounds to a float before the mean is taken, as NumPy does.
    private func value(_ level: Int, _ channel: Int) -> Float {
        (Float(Double(level) * rescale) - mean[channel]) / deviation[channel]
    }

    /// The numbers of a picture, planes `[3, height, width]`.
    func callAsFunction(_ image: RGBImage) -> [Float] {
        let levels = (0..<3).map { channel in
            (0..<256).map { value($0, channel) }
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
}
