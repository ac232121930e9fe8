import Images
import Rules
import Testing

/// The turn of a photo is found wherever writers put it, and nothing that is not one is taken for one.
@Suite(.timeLimit(.minutes(10))) struct OrientationTests {
    /// Type, bytes of the value field after the big-endian header.
    @Test(
        arguments: [
            ("BYTE", 1, [6, 0, 0, 0]), ("SHORT", 3, [0, 6, 0, 0]), ("LONG", 4, [0, 0, 0, 6]),
            ("SBYTE", 6, [6, 0, 0, 0]),
            ("UNDEFINED", 7, [6, 0, 0, 0]), ("SSHORT", 8, [0, 6, 0, 0]), ("SLONG", 9, [0, 0, 0, 6]),
        ] as [(String, UInt8, [UInt8])])
    func everyIntegerTypeOfEXIFCounts(name: String, type: UInt8, value: [UInt8]) {
        let turned = Orientation(of: File.jpeg(exif: File.tiff(type: type, value: value)), format: .jpeg)
        #expect(turned == .turnedRight, "\(name)")
    }

    @Test func severalValuesStandWhereTheEntryPoints() {
        // Two LONGs do not fit into the entry: it holds the place of them, behind the directory.
        let tiff = File.tiff(type: 4, count: 2, value: [0, 0, 0, 26]) + [0, 0, 0, 8, 0, 0, 0, 1]
        #expect(Orientation(of: File.jpeg(exif: tiff), format: .jpeg) == .turnedLeft)
    }

    @Test(arguments: [
        #"xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6""#,
        #"xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation = '6'"#,
        #"xmlns:t="http://ns.adobe.com/tiff/1.0/" x:Orientation="8" t:Orientation="6""#,
        #"xmlns:tiff="http://ns.adobe.com/tiff/1.0/"><tiff:Orientation> 6 </tiff:Orientation"#,
    ])
    func whereEXIFIsSilentXMPCounts(body: String) {
        let packet = Array("<rdf:Description \(body)/>".utf8)
        let prefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
        let jpeg = File.jpeg(segments: [(0xE1, prefix + packet)])
        #expect(Orientation(of: jpeg, format: .jpeg) == .turnedRight)
        let webp = File.webp([("XMP ", packet)])
        #expect(Orientation(of: webp, format: .webp) == .turnedRight)
        let text = Array("XML:com.adobe.xmp".utf8) + [0, 0, 0, 0, 0] + packet
        #expect(Orientation(of: File.png([("iTXt", text)]), format: .png) == .turnedRight)
        let photoshop =
            Array("Photoshop 3.0\0".utf8) + File.resource(0x0425, [1, 2, 3]) + File.resource(0x0424, packet)
        #expect(Orientation(of: File.jpeg(segments: [(0xED, photoshop)]), format: .jpeg) == .turnedRight)
    }

    @Test func whatEXIFSaysComesBeforeXMP() {
        let xmp = Array("http://ns.adobe.com/xap/1.0/\0tiff:Orientation=\"6\"".utf8)
        let upright = Array("Exif\0\0".utf8) + File.tiff(type: 3, value: [0, 1, 0, 0])
        let senseless = Array("Exif\0\0".utf8) + File.tiff(type: 3, value: [0, 9, 0, 0])
        #expect(Orientation(of: File.jpeg(segments: [(0xE1, xmp), (0xE1, upright)]), format: .jpeg) == .upright)
        #expect(Orientation(of: File.jpeg(segments: [(0xE1, senseless), (0xE1, xmp)]), format: .jpeg) == .turnedRight)
    }

    @Test func aPNGKeepsItInManyPlaces() {
        let tiff = File.tiff(type: 3, value: [0, 6, 0, 0])
        let exif = Array("Exif\0\0".utf8) + tiff
        let hex = exif.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let profile = Array("\nexif\n      \(exif.count)\n\(hex.prefix(40))\n\(hex.dropFirst(40))\n".utf8)
        // zlib data of one stored block (RFC 1950, RFC 1951).
        func packed(_ bytes: [UInt8]) -> [UInt8] {
            var (a, b): (UInt32, UInt32) = (1, 0)
            for byte in bytes {
                a = (a + UInt32(byte)) % 65_521
                b = (b + a) % 65_521
            }
            let size = UInt16(bytes.count)
            let check = [UInt8(b >> 8), UInt8(b & 255), UInt8(a >> 8), UInt8(a & 255)]
            return [0x78, 0x01, 1, UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)] + bytes
                + check
        }
        let name = Array("Raw profile type exif".utf8)
        let places: [(String, [UInt8])] = [
            ("eXIf", tiff), ("eXIf", exif), ("tEXt", name + [0] + profile), ("zTXt", name + [0, 0] + packed(profile)),
            ("tEXt", Array("Raw profile type APP1".utf8) + [0] + profile),
        ]
        for (chunk, body) in places {
            #expect(Orientation(of: File.png([(chunk, body)]), format: .png) == .turnedRight, "\(chunk)")
        }
        // Behind the pixels, too.
        #expect(Orientation(of: File.png([("IDAT", [1, 2, 3]), ("eXIf", tiff)]), format: .png) == .turnedRight)
    }

    @Test func filesThatEndAnywhereAreUprightOrTurnedButNeverCrash() {
        let files: [([UInt8], ImageFormat)] = [
            (File.jpeg(exif: File.tiff(type: 3, value: [0, 6, 0, 0])), .jpeg),
            (File.jpeg(segments: [(0xED, Array("Photoshop 3.0\0".utf8) + File.resource(0x0424, [60, 62]))]), .jpeg),
            (File.png([("zTXt", Array("Raw profile type exif".utf8) + [0, 0, 0x78, 1, 1, 2])]), .png),
            (File.png([("iTXt", Array("XML:com.adobe.xmp".utf8) + [0, 1, 0, 0, 0, 9])]), .png),
            (File.webp([("EXIF", File.tiff(type: 4, value: [0, 0, 0, 6]))]), .webp),
        ]
        for (bytes, format) in files {
            for end in 0...bytes.count { _ = Orientation(of: Array(bytes.prefix(end)), format: format) }
            for at in bytes.indices {
                var damaged = bytes
                damaged[at] = 0xFF
                _ = Orientation(of: damaged, format: format)
            }
        }
        #expect(Orientation(of: files[0].0, format: .jpeg) == .turnedRight)
    }

    /// The stored pixels of an F-like corner, as each of the eight orientations stores it, turn back to the same picture.
    @Test func everyOrientationTurnsUpright() throws {
        let (a, b, c, d, e, f): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (1, 2, 3, 4, 5, 6)
        let stored: [[[UInt8]]] = [
            [[a, b, c], [d, e, f]], [[c, b, a], [f, e, d]], [[f, e, d], [c, b, a]], [[d, e, f], [a, b, c]],
            [[a, d], [b, e], [c, f]], [[c, f], [b, e], [a, d]], [[f, c], [e, b], [d, a]], [[d, a], [e, b], [f, c]],
        ]
        func picture(_ rows: [[UInt8]]) -> RGBImage {
            RGBImage(
                width: rows[0].count, height: rows.count, pixels: rows.flatMap { $0.flatMap { [$0, $0, $0] } })
        }
        for (index, rows) in stored.enumerated() {
            let orientation = try #require(Orientation(rawValue: index + 1))
            #expect(picture(rows).oriented(orientation) == picture(stored[0]), "orientation \(index + 1)")
        }
    }
}

/// Files of metadata alone.
private enum File {
    /// One entry, the orientation, big-endian.
    static func tiff(type: UInt8, count: UInt8 = 1, value: [UInt8]) -> [UInt8] {
        Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, type, 0, 0, 0, count] + value + [0, 0, 0, 0]
    }

    static func jpeg(exif tiff: [UInt8]) -> [UInt8] { jpeg(segments: [(0xE1, Array("Exif\0\0".utf8) + tiff)]) }

    static func jpeg(segments: [(UInt8, [UInt8])]) -> [UInt8] {
        let bodies = segments.flatMap { marker, body -> [UInt8] in
            [0xFF, marker, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 255)] + body
        }
        return [0xFF, 0xD8] + bodies + [0xFF, 0xDA, 0, 2]
    }

    /// Checks are left 0: they are the decoder's.
    static func png(_ chunks: [(String, [UInt8])]) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunks.flatMap { name, body -> [UInt8] in
                [0, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + Array(name.utf8) + body + [0, 0, 0, 0]
            }
    }

    static func webp(_ chunks: [(String, [UInt8])]) -> [UInt8] {
        Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBP".utf8)
            + chunks.flatMap { name, body -> [UInt8] in
                Array(name.utf8) + [UInt8(body.count & 255), UInt8(body.count >> 8), 0, 0] + body
                    + (body.count % 2 == 1 ? [0] : [])
            }
    }

    /// A resource of Photoshop without a name.
    static func resource(_ number: UInt16, _ body: [UInt8]) -> [UInt8] {
        Array("8BIM".utf8) + [
            UInt8(number >> 8), UInt8(number & 255), 0, 0, 0, 0, UInt8(body.count >> 8), UInt8(body.count & 255),
        ]
            + body + (body.count % 2 == 1 ? [0] : [])
    }
}
