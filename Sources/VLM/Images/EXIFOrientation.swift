/// How a camera was held, as EXIF tag 0x0112 says (JEITA CP-3451, 4.6.4): what turns its pixels upright.
enum EXIFOrientation: UInt16, Sendable {
    case upright = 1
    case mirrored, upsideDown, mirroredUpsideDown
    case transposed, turnedRight, transverse, turnedLeft

    /// The orientation a file's metadata states; `.upright` when there is none or it makes no sense, as a viewer
    /// would show it.
    init(of bytes: [UInt8], format: ImageFormat) {
        let block =
            switch format {
            case .jpeg: Self.jpegBlock(bytes)
            case .png: Self.pngBlock(bytes)
            case .webp: Self.webpBlock(bytes)
            }
        self = block.flatMap { Self.read($0) } ?? .upright
    }

    /// The TIFF structure of the first APP1 segment that holds EXIF.
    private static func jpegBlock(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            if marker == 0xFF {  // a fill byte
                at += 1
                continue
            }
            // Start of scan or end of image: metadata comes before.
            if marker == 0xDA || marker == 0xD9 { return nil }
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard length >= 2, at + 2 + length <= bytes.count else { return nil }
            let body = bytes[(at + 4)..<(at + 2 + length)]
            if marker == 0xE1, body.starts(with: Array("Exif\0\0".utf8)) { return body.dropFirst(6) }
            at += 2 + length
        }
        return nil
    }

    private static func pngBlock(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        chunk(in: bytes, from: 8, named: "eXIf", nameFirst: false, bigEndian: true, overhead: 12, padded: false)
    }

    private static func webpBlock(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let block = chunk(
            in: bytes, from: 12, named: "EXIF", nameFirst: true, bigEndian: false, overhead: 8, padded: true)
        // Some writers keep JPEG's prefix.
        if let block, block.starts(with: Array("Exif\0\0".utf8)) { return block.dropFirst(6) }
        return block
    }

    /// Walks chunks of name, length and body; `overhead` bytes of a chunk are not body.
    private static func chunk(
        in bytes: [UInt8], from start: Int, named name: String, nameFirst: Bool, bigEndian: Bool, overhead: Int,
        padded: Bool
    ) -> ArraySlice<UInt8>? {
        var at = start
        while at + 8 <= bytes.count {
            let lengthAt = nameFirst ? at + 4 : at
            let nameAt = nameFirst ? at : at + 4
            let length = integer(bytes[lengthAt..<(lengthAt + 4)], bigEndian: bigEndian)
            guard at + 8 + length <= bytes.count else { return nil }
            if bytes[nameAt..<(nameAt + 4)].elementsEqual(name.utf8) { return bytes[(at + 8)..<(at + 8 + length)] }
            at += overhead + length + (padded ? length & 1 : 0)
        }
        return nil
    }

    /// Finds tag 0x0112 in the first directory of a TIFF structure.
    private static func read(_ block: ArraySlice<UInt8>) -> EXIFOrientation? {
        let tiff = Array(block)
        let bigEndian: Bool
        switch tiff.prefix(2) {
        case [0x49, 0x49]: bigEndian = false
        case [0x4D, 0x4D]: bigEndian = true
        default: return nil
        }
        func number(at offset: Int, bytes count: Int) -> Int? {
            guard offset >= 0, offset + count <= tiff.count else { return nil }
            return integer(tiff[offset..<(offset + count)], bigEndian: bigEndian)
        }
        guard number(at: 2, bytes: 2) == 42, let directory = number(at: 4, bytes: 4),
            let entries = number(at: directory, bytes: 2)
        else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + 12 * entry
            guard let tag = number(at: at, bytes: 2) else { return nil }
            guard tag == 0x0112 else { continue }
            // Type 3 is SHORT: the value stands in the first two of the entry's four value bytes.
            guard number(at: at + 2, bytes: 2) == 3, let value = number(at: at + 8, bytes: 2) else { return nil }
            return EXIFOrientation(rawValue: UInt16(value))
        }
        return nil
    }

    private static func integer(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> Int {
        bigEndian
            ? bytes.reduce(0) { $0 << 8 | Int($1) } : bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

extension RGBImage {
    /// The picture turned as the orientation asks.
    func oriented(_ orientation: EXIFOrientation) -> RGBImage {
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
