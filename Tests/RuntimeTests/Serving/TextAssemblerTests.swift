import Runtime
import Testing

@Suite struct TextAssemblerTests {
    /// However the bytes are cut, the pieces concatenated are the text, and no character is ever split.
    @Test(arguments: 1...7)
    func piecesNeverSplitACharacter(size: Int) {
        let said = "  Zibo \u{1F600} caf\u{E9} \u{65E5}\u{672C} on a mat.\n "
        let bytes = Array(said.utf8)
        var assembler = TextAssembler()
        var pieces: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            pieces.append(assembler.append(Array(bytes[start..<min(start + size, bytes.count)])))
        }
        pieces.append(assembler.finish())
        #expect(pieces.joined() == assembler.text)
        #expect(assembler.text == "Zibo \u{1F600} caf\u{E9} \u{65E5}\u{672C} on a mat.")
        #expect(!assembler.text.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test func bytesThatAreNoTextBecomeReplacementCharacters() {
        var assembler = TextAssembler()
        #expect(assembler.append([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(assembler.append([0xE2, 0x82]) == "")
        #expect(assembler.finish() == "\u{FFFD}")
    }
}
