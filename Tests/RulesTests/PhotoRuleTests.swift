import Rules
import Testing

@Suite(.timeLimit(.minutes(10))) struct PhotoRuleTests {
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF]
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let webp = Array("RIFF".utf8) + [1, 2, 3, 4] + Array("WEBP".utf8)

    @Test(arguments: [(jpeg, ImageFormat.jpeg), (png, .png), (webp, .webp)])
    func aFormatIsToldByItsFirstBytes(bytes: [UInt8], format: ImageFormat) {
        #expect(ImageFormat.detect(bytes) == format && bytes.count <= PhotoRules.headBytes)
        #expect(throws: Never.self) { try PhotoRules.check(bytes + [0], name: "a") }
        // One byte fewer is not enough.
        #expect(ImageFormat.detect(Array(bytes.dropLast())) == nil)
    }

    @Test(arguments: [
        (Array("%PDF-1.7 and".utf8), " but a PDF"), (Array("GIF89a......".utf8), " but a GIF"),
        ([0, 0, 0, 24] + Array("ftypheic".utf8), " but a HEIC"),
        ([0, 0, 0, 24] + Array("ftypavif".utf8), " but an AVIF"),
        (Array("no picture at all".utf8), ""), ([0xFF], ""),
    ]) func whatIsNoPictureIsNamed(bytes: [UInt8], kind: String) {
        let error = #expect(throws: RuleError.self) { try PhotoRules.check(bytes, name: "a.jpg") }
        #expect(error?.message == "a.jpg is no JPEG, PNG or WebP picture\(kind); convert it, or leave it out")
    }

    @Test func bytesHaveALimitThatIsSaid() {
        let empty = #expect(throws: RuleError.self) { try PhotoRules.check([], name: "a.jpg") }
        #expect(empty?.message == "a.jpg is empty; choose another photo")
        let most = Bounds.photoBytes.upperBound
        #expect(throws: Never.self) { try PhotoRules.checkBytes(most, name: "a.jpg") }
        let large = #expect(throws: RuleError.self) { try PhotoRules.checkBytes(most + 1, name: "a.jpg") }
        #expect(large?.message.contains("24 MiB") == true)
        let small = #expect(throws: RuleError.self) { try PhotoRules.checkBytes(11, name: "a.jpg", limit: 10) }
        #expect(small?.message.contains("10 bytes") == true)
    }

    @Test func sidesAndNumbersHaveBounds() {
        #expect(throws: Never.self) { try PhotoRules.checkSides(width: 64, height: 64, name: "a") }
        for (width, height) in [(63, 200), (200, 63), (0, 0)] {
            let error = #expect(throws: RuleError.self) {
                try PhotoRules.checkSides(width: width, height: height, name: "a.jpg")
            }
            #expect(error?.message.hasPrefix("a.jpg has \(width) x \(height) pixels") == true)
        }
        for count in [1, 20] { #expect(throws: Never.self) { try PhotoRules.checkCount(count) } }
        for count in [0, 21] { #expect(throws: RuleError.self) { try PhotoRules.checkCount(count) } }
        #expect(throws: RuleError.self) { try PhotoRules.checkCount(3, most: 2) }
    }
}
