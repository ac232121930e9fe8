internal import CImageCodecs
internal import Rules

extension RGBImage {
    /// Decodes a JPEG, PNG or WebP: turned upright as its metadata says, alpha over white, colour profiles ignored.
    ///
    /// The size is read from the header and checked before any pixel is allocated. Every pixel must be there:
    /// truncated or damaged data is an error, never half a picture. What follows the last pixel is not looked at.
    /// - Throws: `unreadable` for bytes that are no whole picture of a supported format, `tooLarge` beyond
    ///   the limits.
    package init(file bytes: [UInt8], limits: ImageLimits = .standard) throws(ImageError) {
        guard bytes.count <= limits.maximumBytes else {
            throw ImageError(
                .tooLarge,
                "the picture has \(bytes.count) bytes; at most \(limits.maximumBytes) are read: compress it")
        }
        guard let format = ImageFormat.detect(bytes) else {
            throw ImageError(.unreadable, "the bytes are no JPEG, PNG or WebP; convert the picture to one of these")
        }
        let codec = ImageCodec(format)
        let size = try codec.size(of: bytes)
        try limits.check(width: size.width, height: size.height)
        let decoded = try codec.decode(
            bytes, width: size.width, height: size.height, budget: limits.maximumWorkingBytes)
        self = decoded.oriented(Orientation(of: bytes, format: format))
    }

    /// Width times height that the header of an encoded picture names, nothing decoded; nil for bytes that are no picture.
    public static func pixelCount(ofEncoded bytes: [UInt8]) -> Int? {
        guard let format = ImageFormat.detect(bytes), let size = try? ImageCodec(format).size(of: bytes) else {
            return nil
        }
        let (pixels, overflows) = size.width.multipliedReportingOverflow(by: size.height)
        return overflows ? .max : pixels
    }
}

/// The C functions of one format.
private struct ImageCodec {
    typealias Size =
        @convention(c) (
            UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Int>?,
            UnsafeMutablePointer<CChar>?
        ) -> mic_status
    typealias Decode =
        @convention(c) (
            UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?, Int, Int, Int, UnsafeMutablePointer<CChar>?
        ) -> mic_status

    let format: ImageFormat
    let size: Size
    let decode: Decode

    init(_ format: ImageFormat) {
        self.format = format
        switch format {
        case .jpeg: (size, decode) = (mic_jpeg_size, mic_jpeg_decode)
        case .png: (size, decode) = (mic_png_size, mic_png_decode)
        case .webp: (size, decode) = (mic_webp_size, mic_webp_decode)
        }
    }

    func size(of bytes: [UInt8]) throws(ImageError) -> (width: Int, height: Int) {
        var width = 0
        var height = 0
        var message = [CChar](repeating: 0, count: Int(MIC_MESSAGE))
        let status = size(bytes, bytes.count, &width, &height, &message)
        try check(status, message)
        return (width, height)
    }

    func decode(_ bytes: [UInt8], width: Int, height: Int, budget: Int) throws(ImageError) -> RGBImage {
        var message = [CChar](repeating: 0, count: Int(MIC_MESSAGE))
        var status = MIC_OK
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            status = decode(bytes, bytes.count, buffer.baseAddress, width, height, budget, &message)
            count = status == MIC_OK ? width * height * 3 : 0
        }
        try check(status, message)
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    private func check(_ status: mic_status, _ message: [CChar]) throws(ImageError) {
        guard status != MIC_OK else { return }
        let why = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case MIC_MEMORY:
            throw ImageError(
                .tooLarge, "the \(format.rawValue) picture takes too much memory (\(why)): scale it down")
        case MIC_UNSUPPORTED:
            throw ImageError(.unreadable, "the \(format.rawValue) picture is \(why)")
        default:
            throw ImageError(.unreadable, "the \(format.rawValue) picture cannot be read (\(why)): send it again")
        }
    }
}

extension RGBImage {
    /// The size that a picture's header tells, checked against the limits; no pixel is read. Throws as decoding does.
    package static func size(
        ofFile bytes: [UInt8], limits: ImageLimits = .standard
    ) throws(ImageError) -> (width: Int, height: Int) {
        guard let format = ImageFormat.detect(bytes) else {
            throw ImageError(.unreadable, "the bytes are no JPEG, PNG or WebP; convert the picture to one of these")
        }
        let size = try ImageCodec(format).size(of: bytes)
        try limits.check(width: size.width, height: size.height)
        return size
    }
}
