internal import CImageCodecs

/// Pictures from and to files, through the system's codecs.
package enum PhotoCodec {
    private static let maximumPixels = 64_000_000
    /// Working memory a codec may take beside the pixels.
    private static let budget = 256 << 20

    private typealias Size =
        @convention(c) (
            UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Int>?,
            UnsafeMutablePointer<CChar>?
        ) -> mic_status
    private typealias Decode =
        @convention(c) (
            UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?, Int, Int, Int, UnsafeMutablePointer<CChar>?
        ) -> mic_status

    /// A JPEG turned upright, a PNG or a WebP.
    package static func decode(_ bytes: [UInt8]) throws(PicturesError) -> Canvas {
        let size: Size
        let decode: Decode
        if bytes.starts(with: [0xFF, 0xD8]) {
            (size, decode) = (mic_jpeg_size, mic_jpeg_decode)
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            (size, decode) = (mic_png_size, mic_png_decode)
        } else if bytes.starts(with: Array("RIFF".utf8)) {
            (size, decode) = (mic_webp_size, mic_webp_decode)
        } else {
            throw PicturesError(.unreadable, "the file is no JPEG, PNG or WebP: convert it to one of these")
        }
        var message = [CChar](repeating: 0, count: Int(MIC_MESSAGE))
        var width = 0
        var height = 0
        guard size(bytes, bytes.count, &width, &height, &message) == MIC_OK else { throw unreadable(message) }
        guard width > 0, height > 0, width <= maximumPixels / height else {
            throw PicturesError(
                .unreadable, "\(width) x \(height) pixels are too many to draw on: scale the photo down")
        }
        var status = MIC_OK
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            status = decode(bytes, bytes.count, buffer.baseAddress, width, height, budget, &message)
            count = status == MIC_OK ? width * height * 3 : 0
        }
        guard status == MIC_OK else { throw unreadable(message) }
        return Canvas(width: width, height: height, pixels: pixels).turned(by: Orientation(ofJPEG: bytes))
    }

    package static func encodePNG(_ canvas: Canvas) throws(PicturesError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: Int(MIC_MESSAGE))
        guard mic_png_encode(canvas.pixels, canvas.width, canvas.height, &bytes, &count, &message) == MIC_OK,
            let bytes
        else {
            throw PicturesError(.cannotEncode, "the picture cannot be encoded (\(text(message)))")
        }
        defer { mic_free(bytes) }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    }

    private static func unreadable(_ message: [CChar]) -> PicturesError {
        PicturesError(.unreadable, "the photo cannot be read (\(text(message)))")
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
