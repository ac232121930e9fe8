internal import CImageCodecs

extension RGBImage {
    /// The picture as an 8-bit RGB PNG.
    /// - Throws: `cannotEncode` when the encoder has no memory for it.
    package func pngFile() throws(ImageError) -> [UInt8] {
        try encoded { mic_png_encode(pixels, width, height, $0, $1, $2) }
    }

    /// The picture as a JPEG with 4:2:0 chroma; `quality` from 1 to 100.
    /// - Throws: `cannotEncode` for another quality or a side above JPEG's 65 500.
    package func jpegFile(quality: Int = 90) throws(ImageError) -> [UInt8] {
        guard (1...100).contains(quality) else {
            throw ImageError(.cannotEncode, "a JPEG quality of \(quality); use 1 to 100")
        }
        return try encoded { mic_jpeg_encode(pixels, width, height, Int32(quality), $0, $1, $2) }
    }

    private typealias Encode = (
        UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>, UnsafeMutablePointer<CChar>
    ) -> mic_status

    private func encoded(_ encode: Encode) throws(ImageError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: Int(MIC_MESSAGE))
        let status = encode(&bytes, &count, &message)
        guard status == MIC_OK, let bytes else {
            let why = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw ImageError(.cannotEncode, "the \(width) x \(height) picture cannot be encoded (\(why))")
        }
        defer { mic_free(bytes) }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    }
}
