extension RGBImage {
    /// Decodes a JPEG, PNG or WebP: turned upright as its metadata says, alpha over white, colour profiles ignored.
    ///
    /// The size is read from the header and checked before any pixel is allocated. Every pixel must be there.
    /// - Throws: `imageUnreadable` for bytes that are no whole picture of a supported format, `imageTooLarge` beyond
    ///   the limits.
    public init(decoding bytes: [UInt8], limits: ImageLimits = .standard) throws(VLMError) {
        do {
            try self.init(file: bytes, limits: limits)
        } catch {
            throw VLMError(error)
        }
    }

    /// The size that a picture's header tells, checked against the limits; no pixel is read. Throws as decoding does.
    package static func size(
        of bytes: [UInt8], limits: ImageLimits = .standard
    ) throws(VLMError) -> (width: Int, height: Int) {
        do { return try size(ofFile: bytes, limits: limits) } catch { throw VLMError(error) }
    }

    /// The picture as an 8-bit RGB PNG.
    /// - Throws: `invalidArgument` when the encoder has no memory for it.
    public func encodedPNG() throws(VLMError) -> [UInt8] {
        do { return try pngFile() } catch { throw VLMError(error) }
    }

    /// The picture as a JPEG with 4:2:0 chroma; `quality` from 1 to 100.
    /// - Throws: `invalidArgument` for another quality or a side above JPEG's 65 500.
    public func encodedJPEG(quality: Int = 90) throws(VLMError) -> [UInt8] {
        do { return try jpegFile(quality: quality) } catch { throw VLMError(error) }
    }
}

extension VLMError {
    /// The same error in the model room's terms.
    init(_ error: ImageError) {
        let code: Code =
            switch error.code {
            case .unreadable: .imageUnreadable
            case .tooLarge: .imageTooLarge
            case .cannotEncode: .invalidArgument
            }
        self.init(code, error.message, cause: error)
    }
}
