/// The first directory of a TIFF structure, the form of EXIF (TIFF 6.0, section 2).
struct TIFFDirectory {
    private let bytes: [UInt8]
    private let isBigEndian: Bool
    private let start: Int
    private let count: Int

    /// Nil for bytes that are no such structure.
    init?(_ bytes: [UInt8]) {
        switch bytes.prefix(2) {
        case [0x49, 0x49]: isBigEndian = false
        case [0x4D, 0x4D]: isBigEndian = true
        default: return nil
        }
        self.bytes = bytes
        guard Self.number(bytes, isBigEndian, at: 2, bytes: 2) == 42,
            let start = Self.number(bytes, isBigEndian, at: 4, bytes: 4),
            let count = Self.number(bytes, isBigEndian, at: start, bytes: 2)
        else { return nil }
        (self.start, self.count) = (start, count)
    }

    /// The first value of a tag, of any integer type: writers use SHORT, as the standards say, but others too.
    func integer(tag: Int) -> Int? {
        for index in 0..<count {
            let at = start + 2 + 12 * index
            guard let found = number(at: at, bytes: 2) else { return nil }
            guard found == tag else { continue }
            guard let type = number(at: at + 2, bytes: 2), let size = Self.integerSizes[type],
                let values = number(at: at + 4, bytes: 4), values > 0
            else { return nil }
            // Up to four bytes stand in the entry itself, more of them where it points to.
            let place = values * size <= 4 ? at + 8 : number(at: at + 8, bytes: 4)
            return place.flatMap { number(at: $0, bytes: size) }
        }
        return nil
    }

    /// BYTE, SHORT, LONG, SBYTE, UNDEFINED, SSHORT and SLONG. Signs need no care: negative values are no tag's here.
    private static let integerSizes = [1: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4]

    private func number(at offset: Int, bytes size: Int) -> Int? {
        Self.number(bytes, isBigEndian, at: offset, bytes: size)
    }

    private static func number(_ bytes: [UInt8], _ isBigEndian: Bool, at offset: Int, bytes size: Int) -> Int? {
        guard offset >= 0, offset + size <= bytes.count else { return nil }
        return PictureMetadata.integer(bytes[offset..<(offset + size)], isBigEndian: isBigEndian)
    }
}
