internal import Rules

/// Where a picture file keeps what is said about it: EXIF blocks (TIFF structures) and XMP packets, in file order.
///
/// Nothing is trusted: lengths are checked, and what does not add up ends the search.
struct PictureMetadata {
    private(set) var exif: [[UInt8]] = []
    private(set) var xmp: [[UInt8]] = []

    init(of bytes: [UInt8], format: ImageFormat) {
        switch format {
        case .jpeg: readJPEG(bytes)
        case .png: readPNG(bytes)
        case .webp: readWebP(bytes)
        }
    }

    /// A number of the file.
    static func integer(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> Int {
        isBigEndian ? bytes.reduce(0) { $0 << 8 | Int($1) } : bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// EXIF with the prefix that it has in a JPEG, or without one.
    private mutating func addEXIF(_ block: some Collection<UInt8>) {
        exif.append(Array(block.starts(with: Self.exifPrefix) ? block.dropFirst(6) : block.dropFirst(0)))
    }

    /// The sixth byte of the prefix is padding, and not every writer's is 0 (JEITA CP-3451, 4.7.2).
    private static let exifPrefix = Array("Exif\0".utf8)
    private static let xmpPrefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
    private static let photoshopPrefix = Array("Photoshop 3.0\0".utf8)

    // MARK: JPEG

    /// The segments before the first scan (ITU-T T.81, B.1.1.4).
    private mutating func readJPEG(_ bytes: [UInt8]) {
        var at = 2
        while at + 4 <= bytes.count {
            // Stray bytes between segments are skipped, as decoders do.
            guard bytes[at] == 0xFF, bytes[at + 1] != 0xFF, bytes[at + 1] != 0 else {
                at += 1
                continue
            }
            let marker = bytes[at + 1]
            // Start of scan or end of image: metadata comes before.
            if marker == 0xDA || marker == 0xD9 { return }
            // Markers that stand alone.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                at += 2
                continue
            }
            let length = Self.integer(bytes[(at + 2)..<(at + 4)], isBigEndian: true)
            guard length >= 2, at + 2 + length <= bytes.count else { return }
            addSegment(marker, bytes[(at + 4)..<(at + 2 + length)])
            at += 2 + length
        }
    }

    private mutating func addSegment(_ marker: UInt8, _ body: ArraySlice<UInt8>) {
        switch marker {
        case 0xE1 where body.starts(with: Self.exifPrefix): addEXIF(body)
        case 0xE1 where body.starts(with: Self.xmpPrefix): xmp.append(Array(body.dropFirst(Self.xmpPrefix.count)))
        case 0xED where body.starts(with: Self.photoshopPrefix):
            addPhotoshop(Array(body.dropFirst(Self.photoshopPrefix.count)))
        default: break
        }
    }

    /// Photoshop's image resources: 0x0422 is EXIF, 0x0424 XMP.
    private mutating func addPhotoshop(_ bytes: [UInt8]) {
        var at = 0
        while at + 12 <= bytes.count, bytes[at..<(at + 4)].elementsEqual("8BIM".utf8) {
            let name = Int(bytes[at + 6])
            let head = at + 6 + (1 + name + 1) / 2 * 2  // the name with its length, padded
            guard head + 4 <= bytes.count else { return }
            let length = Self.integer(bytes[head..<(head + 4)], isBigEndian: true)
            guard length <= bytes.count - head - 4 else { return }
            let body = bytes[(head + 4)..<(head + 4 + length)]
            switch Self.integer(bytes[(at + 4)..<(at + 6)], isBigEndian: true) {
            case 0x0422: addEXIF(body)
            case 0x0424: xmp.append(Array(body))
            default: break
            }
            at = head + 4 + (length + 1) / 2 * 2
        }
    }

    // MARK: WebP

    /// The chunks of the RIFF container.
    private mutating func readWebP(_ bytes: [UInt8]) {
        var at = 12
        while at + 8 <= bytes.count {
            let length = Self.integer(bytes[(at + 4)..<(at + 8)], isBigEndian: false)
            guard at + 8 + length <= bytes.count else { return }
            let body = bytes[(at + 8)..<(at + 8 + length)]
            switch String(decoding: bytes[at..<(at + 4)], as: UTF8.self) {
            case "EXIF": addEXIF(body)
            case "XMP ": xmp.append(Array(body))
            default: break
            }
            at += 8 + length + length & 1
        }
    }

    // MARK: PNG

    /// All chunks: writers put metadata before and after the pixels.
    private mutating func readPNG(_ bytes: [UInt8]) {
        var at = 8
        while at + 12 <= bytes.count {
            let length = Self.integer(bytes[at..<(at + 4)], isBigEndian: true)
            guard at + 12 + length <= bytes.count else { return }
            let body = bytes[(at + 8)..<(at + 8 + length)]
            switch String(decoding: bytes[(at + 4)..<(at + 8)], as: UTF8.self) {
            case "eXIf": addEXIF(body)
            case "tEXt", "zTXt", "iTXt":
                if let text = PNGText(body, chunk: Array(bytes[(at + 4)..<(at + 8)])) { addText(text) }
            default: break
            }
            at += 12 + length
        }
    }

    private mutating func addText(_ text: PNGText) {
        switch text.keyword {
        case "XML:com.adobe.xmp": xmp.append(text.value)
        case "Raw profile type exif", "Raw profile type APP1", "Raw profile type app1", "Raw profile type xmp":
            guard let profile = text.rawProfile else { return }
            if profile.starts(with: Self.xmpPrefix) {
                xmp.append(Array(profile.dropFirst(Self.xmpPrefix.count)))
            } else if text.keyword.hasSuffix("xmp") {
                xmp.append(profile)
            } else {
                addEXIF(profile)
            }
        default: break
        }
    }
}
