package import Rules

/// How a camera was held, as EXIF tag 0x0112 says (JEITA CP-3451, 4.6.4): what turns its pixels upright.
package enum Orientation: Int, Sendable {
    /// As it is.
    case upright = 1
    case mirrored, upsideDown, mirroredUpsideDown
    case transposed, turnedRight, transverse, turnedLeft

    /// What a file states; `.upright` where it states nothing, or nothing that makes sense, as a viewer would show it.
    ///
    /// EXIF comes first. A file whose EXIF is silent may say it in XMP (`tiff:Orientation`), in Photoshop's blocks, or, a
    /// PNG, in the text chunks that ImageMagick writes.
    package init(of bytes: [UInt8], format: ImageFormat) {
        let metadata = PictureMetadata(of: bytes, format: format)
        let stated =
            metadata.exif.lazy.compactMap { Self.inTIFF($0) }.first
            ?? metadata.xmp.lazy.compactMap { Self.inXMP($0) }.first
        self = stated ?? .upright
    }

    /// Tag 0x0112 in the first directory of a TIFF structure, in whichever integer type it is written.
    private static func inTIFF(_ block: [UInt8]) -> Orientation? {
        guard let tiff = TIFFDirectory(block), let value = tiff.integer(tag: 0x0112) else { return nil }
        return Orientation(rawValue: value)
    }

    /// `tiff:Orientation` of an XMP packet (XMP part 2, 2.10): an attribute or an element.
    private static func inXMP(_ packet: [UInt8]) -> Orientation? {
        let name = Array("\(tiffPrefix(of: packet)):Orientation".utf8)
        var at = 0
        while let found = packet[at...].firstRange(of: name) {
            at = found.upperBound
            // `="6"`, `='6'` or `>6<`, with white space between.
            let rest = packet[at...].prefix(64).drop { isSpace($0) || $0 == UInt8(ascii: "=") }
            guard let mark = rest.first, "\"'>".utf8.contains(mark) else { continue }
            let digits = rest.dropFirst().drop { isSpace($0) }.prefix { (0x30...0x39).contains($0) }
            if let value = Int(String(decoding: digits, as: UTF8.self)), let stated = Orientation(rawValue: value) {
                return stated
            }
        }
        return nil
    }

    /// The prefix that the packet binds to TIFF's names: nearly always "tiff".
    private static func tiffPrefix(of packet: [UInt8]) -> String {
        guard let name = packet.firstRange(of: Array("http://ns.adobe.com/tiff/1.0/".utf8)) else { return "tiff" }
        // Backwards over `xmlns:tiff="`.
        let before = packet[..<name.lowerBound].suffix(64).reversed().drop { isSpace($0) || "\"'=".utf8.contains($0) }
        let prefix = before.prefix { $0 != UInt8(ascii: ":") && !isSpace($0) }
        return prefix.isEmpty ? "tiff" : String(decoding: prefix.reversed(), as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension RGBImage {
    /// The picture turned as the orientation asks.
    package func oriented(_ orientation: Orientation) -> RGBImage {
        let (right, bottom) = (width - 1, height - 1)
        switch orientation {
        case .upright: return self
        case .mirrored: return remapped(width: width, height: height) { x, y in (right - x, y) }
        case .upsideDown: return remapped(width: width, height: height) { x, y in (right - x, bottom - y) }
        case .mirroredUpsideDown: return remapped(width: width, height: height) { x, y in (x, bottom - y) }
        case .transposed: return remapped(width: height, height: width) { x, y in (y, x) }
        case .turnedRight: return remapped(width: height, height: width) { x, y in (y, bottom - x) }
        case .transverse: return remapped(width: height, height: width) { x, y in (right - y, bottom - x) }
        case .turnedLeft: return remapped(width: height, height: width) { x, y in (right - y, x) }
        }
    }
}
