internal import CImageCodecs

/// A text chunk of a PNG (PNG specification, 11.3.4): tEXt, zTXt or iTXt.
struct PNGText {
    let keyword: String
    let value: [UInt8]

    /// Metadata is smaller; what unpacks to more is not read.
    private static let longest = 4 << 20

    /// Nil for a chunk that is not as it should be.
    init?(_ body: ArraySlice<UInt8>, chunk: [UInt8]) {
        guard let end = body.firstIndex(of: 0), end - body.startIndex <= 79 else { return nil }
        keyword = String(decoding: body[..<end], as: UTF8.self)
        var rest = body[(end + 1)...]
        switch String(decoding: chunk, as: UTF8.self) {
        case "tEXt":
            value = Array(rest)
        case "zTXt":
            guard rest.popFirst() == 0, let text = Self.unpacked(rest) else { return nil }
            value = text
        default:
            guard let isPacked = rest.popFirst(), rest.popFirst() == 0,
                let language = rest.firstIndex(of: 0), let translated = rest[(language + 1)...].firstIndex(of: 0)
            else { return nil }
            rest = rest[(translated + 1)...]
            guard let text = isPacked == 0 ? Array(rest) : Self.unpacked(rest) else { return nil }
            value = text
        }
    }

    /// ImageMagick's form of binary data: a line feed, a name, the length in decimal, hexadecimal digits.
    var rawProfile: [UInt8]? {
        let lines = value.split(maxSplits: 2, omittingEmptySubsequences: true) { $0 == 0x0A }
        guard lines.count == 3 else { return nil }
        let length = Int(String(decoding: lines[1].filter { $0 != 0x20 }, as: UTF8.self))
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in lines[2] {
            guard let nibble = Self.nibble(digit) else { continue }
            if let first = high {
                bytes.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return length == bytes.count ? bytes : nil
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    private static func unpacked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        // zlib gives at most 1032 bytes for one.
        let capacity = min(longest, bytes.count * 1032)
        let packed = Array(bytes)
        var size = -1
        let text = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            size = mic_inflate(packed, packed.count, buffer.baseAddress, capacity)
            count = max(0, size)
        }
        return size >= 0 ? text : nil
    }
}
