/// What the file of a photo may be, as far as its bytes tell it: pixels are decoded elsewhere.
public enum PhotoRules {
    /// Bytes that tell the format.
    public static let headBytes = 12

    /// Throws, naming the photo, for an empty file, one above `limit` bytes and one of no format that is read.
    public static func check(
        _ bytes: [UInt8], name: String, limit: Int = Bounds.photoBytes.upperBound
    ) throws(RuleError) {
        try checkBytes(bytes.count, name: name, limit: limit)
        try checkHead(bytes, name: name)
    }

    /// Throws, naming the photo, for an empty file and one above `limit` bytes.
    public static func checkBytes(
        _ count: Int, name: String, limit: Int = Bounds.photoBytes.upperBound
    ) throws(RuleError) {
        guard count > 0 else { throw RuleError("\(name) is empty; choose another photo") }
        guard count <= limit else {
            let size = limit < 1 << 20 ? "\(limit) bytes" : "\(limit >> 20) MiB"
            throw RuleError("\(name) is larger than \(size); save it smaller and try again")
        }
    }

    /// Throws, naming the photo, unless its first bytes are those of a JPEG, PNG or WebP: sooner said than sent.
    public static func checkHead(_ head: [UInt8], name: String) throws(RuleError) {
        guard ImageFormat.detect(head) == nil else { return }
        throw RuleError("\(name) is no JPEG, PNG or WebP picture\(kind(of: head)); convert it, or leave it out")
    }

    /// Throws, naming the photo, for one that is too small to learn from.
    public static func checkSides(width: Int, height: Int, name: String) throws(RuleError) {
        guard min(width, height) >= Bounds.leastPhotoSide else {
            throw RuleError(
                "\(name) has \(width) x \(height) pixels; \(Bounds.leastPhotoSide) a side are the least")
        }
    }

    /// Throws for more photos than `most`, and for none.
    public static func checkCount(_ count: Int, most: Int = Bounds.photos.upperBound) throws(RuleError) {
        guard count > 0 else { throw RuleError("there is no photo; give at least one, four are good") }
        guard count <= most else { throw RuleError("an enrollment takes \(most) photos at most; leave some out") }
    }

    /// Said of a picture that was given twice.
    public static func twins(_ name: String, _ other: String) -> RuleError {
        RuleError("\(name) and \(other) are the same picture; every photo must be a different one")
    }

    /// What people often take for a picture that is read, where it is known.
    private static func kind(of bytes: [UInt8]) -> String {
        if bytes.starts(with: Array("%PDF".utf8)) { return " but a PDF" }
        if bytes.starts(with: Array("GIF8".utf8)) { return " but a GIF" }
        guard bytes.count >= headBytes, bytes[4..<8].elementsEqual("ftyp".utf8) else { return "" }
        let brand = String(decoding: bytes[8..<12], as: UTF8.self)
        return ["heic", "heix", "mif1", "msf1"].contains(brand)
            ? " but a HEIC" : brand == "avif" ? " but an AVIF" : ""
    }
}
