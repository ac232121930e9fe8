import LocalFiles
import Testing

@Suite(.timeLimit(.minutes(10))) struct LocalPathTests {
    /// A Latin-1 name was read as another one with U+FFFD in it, which no folder holds.
    @Test func bytesGoThroughTextUnchanged() {
        let all: [[UInt8]] = [
            [], Array("plain".utf8), Array("caf".utf8) + [0xE9], [0xFF, 0xFE, 0x41], Array("café 🫖".utf8),
            // The scalars that carry bytes, themselves: as text they would stand for other bytes.
            Array("\u{10FF80}\u{10FFFF}".utf8), Array("a\u{10FFE9}".utf8) + [0x80],
            // An overlong slash, a surrogate, and a sequence cut off.
            [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0xAB],
        ]
        for bytes in all {
            let text = CarriedText.decode(bytes)
            #expect(CarriedText.encode(text) == bytes, "\(bytes)")
            #expect(LocalPath(text).bytes == bytes)
        }
        #expect(CarriedText.decode(Array("café".utf8)) == "café", "UTF-8 is its own text")
    }

    @Test func namesAreShownSafely() {
        let name = LocalPath(bytes: Array("a\u{1B}[2Jb\n".utf8) + [0xE9] + Array("\u{202E}gpj".utf8))
        #expect(name.shown == "a\\x1B[2Jb\\n\\xE9\\u{202E}gpj")
        #expect(LocalPath("my home/ü 100%.jpg").shown == "my home/ü 100%.jpg")
        #expect(LocalPath("").shown == "\"\"")
    }

    @Test func partsOfPaths() {
        let folders = [("a", "."), ("a/b", "a"), ("/a", "/"), ("a//b/", "a/"), ("/a/b", "/a")]
        for (path, folder) in folders { #expect(LocalPath(path).folder.text == folder, "\(path)") }
        #expect(LocalPath("x/y z.jpg").name.text == "y z.jpg")
        #expect(LocalPath("a").appending("b").text == "a/b" && LocalPath("/").appending("b").text == "/b")
        #expect(LocalPath("r.json").dropping(".json").adding(".html").text == "r.html")
        #expect(LocalPath("/a").isAbsolute && !LocalPath("a").isAbsolute)
    }
}
