/// How a camera was held: EXIF tag 0x0112 (JEITA CP-3451, 4.6.4), 1 to 8.
package struct Orientation: Equatable {
    /// 1 is upright.
    package let value: Int

    package init(_ value: Int) {
        self.value = (1...8).contains(value) ? value : 1
    }

    /// What a JPEG's first EXIF segment states; upright when it states nothing, or the file is no JPEG.
    package init(ofJPEG bytes: [UInt8]) {
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] != 0xDA, bytes[at + 1] != 0xD9 {
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard length >= 2, at + 2 + length <= bytes.count else { break }
            let body = bytes[(at + 4)..<(at + 2 + length)]
            if bytes[at + 1] == 0xE1, body.starts(with: Array("Exif\0\0".utf8)) {
                self.init(Self.tag(inTIFF: Array(body.dropFirst(6))) ?? 1)
                return
            }
            at += 2 + length
        }
        self.init(1)
    }

    private static func tag(inTIFF tiff: [UInt8]) -> Int? {
        let little: Bool
        switch tiff.prefix(2) {
        case [0x49, 0x49]: little = true
        case [0x4D, 0x4D]: little = false
        default: return nil
        }
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset + count <= tiff.count else { return nil }
            let bytes = tiff[offset..<(offset + count)]
            return (little ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + 12 * entry
            guard let tag = number(at, 2) else { return nil }
            if tag == 0x0112 { return number(at + 8, 2) }
        }
        return nil
    }
}

extension Canvas {
    /// The pixels as the camera saw them.
    package func turned(by orientation: Orientation) -> Canvas {
        guard orientation.value > 1 else { return self }
        let swaps = orientation.value >= 5
        var result = Canvas(width: swaps ? height : width, height: swaps ? width : height, filled: Ink(0, 0, 0))
        for y in 0..<result.height {
            for x in 0..<result.width {
                let (column, row) =
                    switch orientation.value {
                    case 2: (width - 1 - x, y)
                    case 3: (width - 1 - x, height - 1 - y)
                    case 4: (x, height - 1 - y)
                    case 5: (y, x)
                    case 6: (y, height - 1 - x)
                    case 7: (width - 1 - y, height - 1 - x)
                    default: (width - 1 - y, x)
                    }
                result.blend(x: x, y: y, with: self[column, row])
            }
        }
        return result
    }
}
