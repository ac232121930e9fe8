/// The still picture formats that are read.
public enum ImageFormat: String, Sendable, CaseIterable {
    /// ITU-T T.81, baseline and progressive; grey, YCbCr, RGB and CMYK.
    case jpeg
    /// Every colour type and depth of the PNG specification.
    case png
    /// Lossy and lossless, with or without alpha; not animated.
    case webp

    /// The format the first bytes announce; nil when it is none of these.
    public static func detect(_ bytes: [UInt8]) -> ImageFormat? {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)), bytes[8..<12].elementsEqual("WEBP".utf8) {
            return .webp
        }
        return nil
    }
}
