extension Photo {
    /// Throws `invalidArgument` naming the file unless its first bytes are those of a JPEG, PNG or WebP: sooner said than
    /// sent.
    static func requirePicture(_ bytes: [UInt8], file path: String) throws(MyVLMError) {
        guard !isPicture(bytes) else { return }
        let found = bytes.isEmpty ? "\(path) is empty" : "\(path) is no JPEG, PNG or WebP picture"
        throw MyVLMError(.invalidArgument, "\(found)\(kind(of: bytes)); convert it, or leave it out")
    }

    private static func isPicture(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xFF, 0xD8, 0xFF])
            || bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            || (bytes.count >= 12 && bytes.starts(with: Array("RIFF".utf8))
                && bytes[8..<12].elementsEqual("WEBP".utf8))
    }

    /// What people often take for one, where it is known.
    private static func kind(of bytes: [UInt8]) -> String {
        if bytes.starts(with: Array("%PDF".utf8)) { return " but a PDF" }
        if bytes.starts(with: Array("GIF8".utf8)) { return " but a GIF" }
        if bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) {
            let brand = String(decoding: bytes[8..<12], as: UTF8.self)
            return ["heic", "heix", "mif1", "msf1"].contains(brand)
                ? " but a HEIC" : brand == "avif" ? " but an AVIF" : ""
        }
        return ""
    }
}
