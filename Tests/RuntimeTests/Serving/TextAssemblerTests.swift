import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct TextAssemblerTests {
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

    /// A model that wrote a NUL had its caller told to remove it; others would have steered the terminal.
    @Test func controlCharactersAreLeftOut() {
        var assembler = TextAssembler()
        let bytes = Array("\0a\u{1B}[31mb\tc\r\nd\u{7F}\u{85}\u{9B}e\0".utf8)
        let pieces = bytes.map { assembler.append([$0]) } + [assembler.finish()]
        #expect(pieces.joined() == assembler.text)
        #expect(assembler.text == "a[31mb\tc\nde")
    }

    @Test func anAnswerOfNothingElseIsEmpty() {
        var assembler = TextAssembler()
        #expect(assembler.append([0, 0, 0x1B]) == "" && assembler.finish() == "" && assembler.text == "")
    }
}
