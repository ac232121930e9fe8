import Images
import PropertyTestSupport
import Rules
import Testing

/// What is true of pictures' metadata, wherever writers put it and whatever became of it.
@Suite(.timeLimit(.minutes(10))) struct MetadataPropertyTests {
    /// A TIFF structure of either byte order, with the tag among others, in any integer type.
    private static func tiff(_ orientation: Int, _ random: inout Seeded) -> [UInt8] {
        let isBig = random.once(in: 2)
        func number(_ value: Int, _ size: Int) -> [UInt8] {
            let little = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isBig ? little.reversed() : little
        }
        func entry(_ tag: Int, _ type: Int, _ value: [UInt8]) -> [UInt8] {
            number(tag, 2) + number(type, 2) + number(1, 4) + value + [UInt8](repeating: 0, count: 4 - value.count)
        }
        let type = random.pick([(1, 1), (3, 2), (4, 4), (7, 1)])
        var entries = [entry(0x0112, type.0, number(orientation, type.1))]
        for _ in 0..<random.number(0...5) {
            entries.insert(entry(random.number(0x0100...0x0111), 3, number(random.number(0...9), 2)), at: 0)
        }
        let gap = random.number(0...9)
        var bytes: [UInt8] = isBig ? [0x4D, 0x4D] : [0x49, 0x49]
        bytes += number(42, 2)
        bytes += number(8 + gap, 4)
        bytes += random.bytes(gap...gap)
        bytes += number(entries.count, 2)
        for entry in entries { bytes += entry }
        return bytes + number(0, 4)
    }

    private static func big(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0xFF, marker] + big(body.count + 2, 2) + body
    }

    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        big(body.count, 4) + name.utf8 + body + [0, 0, 0, 0]
    }

    /// A file that states an orientation in one of its ways.
    private static func file(_ orientation: Int, _ random: inout Seeded) -> (bytes: [UInt8], format: ImageFormat) {
        let tiff = tiff(orientation, &random)
        let exif = Array("Exif\0\0".utf8) + tiff
        switch random.number(0...3) {
        case 0:
            var bytes: [UInt8] = [0xFF, 0xD8]
            for _ in 0..<random.number(0...2) { bytes += segment(0xE0, random.bytes(0...30)) }
            bytes += segment(0xE1, exif)
            return (bytes + [0xFF, 0xDA, 0, 2], .jpeg)
        case 1:
            var bytes = png
            for _ in 0..<random.number(0...2) { bytes += chunk("tIME", random.bytes(0...30)) }
            return (bytes + chunk("eXIf", tiff) + chunk("IEND", []), .png)
        case 2:
            let hex = exif.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let profile = Array("Raw profile type exif\0\nexif\n      \(exif.count)\n\(hex)\n".utf8)
            return (png + chunk("tEXt", profile), .png)
        default:
            let body = random.once(in: 2) ? exif : tiff
            let size = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
            var bytes = Array("RIFF\0\0\0\0WEBPEXIF".utf8) + size + body
            if body.count % 2 == 1 { bytes.append(0) }
            return (bytes, .webp)
        }
    }

    @Test(arguments: Seeds.some(20)) func theTurnIsFoundWhereverItStands(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<200 {
            let stated = random.number(1...8)
            let (bytes, format) = Self.file(stated, &random)
            #expect(Orientation(of: bytes, format: format).rawValue == stated, "\(format) \(bytes)")
        }
    }

    /// What makes no sense is upright, and what is damaged never a trap.
    @Test(arguments: Seeds.some(20)) func damageIsSomeTurn(_ seed: UInt64) {
        var random = Seeded(seed)
        var found: Set<Int> = []
        for _ in 0..<500 {
            let (bytes, format) = Self.file(random.number(0...12), &random)
            let turn = Orientation(of: random.damaged(bytes), format: random.once(in: 9) ? .jpeg : format)
            found.insert(turn.rawValue)
        }
        #expect(found.isSubset(of: Set(1...8)) && found.contains(1) && found.count > 4, "\(found)")
    }

    /// Turning and turning back is nothing; turns keep every pixel.
    @Test(arguments: Seeds.some()) func turnsKeepEveryPixel(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<20 {
            let (width, height) = (random.number(1...7), random.number(1...7))
            let picture = RGBImage(
                width: width, height: height, pixels: random.bytes(width * height * 3...width * height * 3))
            let inverse: [Orientation: Orientation] = [.turnedRight: .turnedLeft, .turnedLeft: .turnedRight]
            for value in 1...8 {
                let turn = try #require(Orientation(rawValue: value))
                let turned = picture.oriented(turn)
                #expect(turned.pixels.count == picture.pixels.count)
                #expect((value < 5) == (turned.width == width && turned.height == height) || width == height)
                let back = turned.oriented(inverse[turn] ?? turn)
                #expect(back.width == width && back.pixels == picture.pixels, "\(turn)")
            }
        }
    }

    /// A picture written is the picture read, whatever its pixels.
    @Test(arguments: Seeds.some(6)) func picturesComeBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<10 {
            let (width, height) = (random.number(1...40), random.number(1...40))
            let picture = RGBImage(
                width: width, height: height, pixels: random.bytes(width * height * 3...width * height * 3))
            let png = try picture.pngFile()
            let again = try RGBImage(file: png)
            #expect(again.width == width && again.height == height && again.pixels == picture.pixels)
            for _ in 0..<20 {
                do {
                    _ = try RGBImage(file: random.damaged(png))
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
}
