internal import CImageCodecs
internal import Rules

extension RGBImage {
    /// Width times height that the header of an encoded picture names, nothing decoded; nil for bytes that are no picture.
    public static func pixelCount(ofEncoded bytes: [UInt8]) -> Int? {
        guard let format = ImageFormat.detect(bytes) else { return nil }
        var (width, height) = (0, 0)
        var message = [CChar](repeating: 0, count: Int(MIC_MESSAGE))
        let status =
            switch format {
            case .jpeg: mic_jpeg_size(bytes, bytes.count, &width, &height, &message)
            case .png: mic_png_size(bytes, bytes.count, &width, &height, &message)
            case .webp: mic_webp_size(bytes, bytes.count, &width, &height, &message)
            }
        guard status == MIC_OK else { return nil }
        let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
        return overflows ? .max : pixels
    }
}
