import Pictures
import Testing

@Test func fontDrawsEveryPrintableCharacterDifferently() {
    let printable = (32...126).compactMap { UnicodeScalar($0).map { Character($0) } }
    #expect(Glyphs.characters == Set(printable))
    #expect(Set(printable.map { Glyphs.rows(of: $0) }).count == printable.count)
    for character in printable { #expect(Glyphs.rows(of: character).count == Glyphs.height) }
    #expect(Glyphs.rows(of: "é") != Glyphs.rows(of: " "), "what the font lacks must be seen")
}

@Test(arguments: [
    ("a cup on a table", 8, ["a cup on", "a table"]),
    ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
    ("x abcdef", 4, ["x", "abcd", "ef"]),
    ("  line\nand\u{7}bell ", 20, ["line and bell"]),
    ("", 4, []),
])
func textIsBrokenAtSpaces(text: String, columns: Int, lines: [String]) {
    #expect(wrapped(text, columns: columns) == lines)
}

@Test func answerStandsBelowThePhoto() throws {
    let grey = Ink(90, 90, 90)
    let photo = try PhotoCodec.encodePNG(Canvas(width: 400, height: 300, filled: grey))
    let bare = try PhotoCodec.decode(AnswerPicture(caption: "a cup").drawn(on: photo))
    let noted = try PhotoCodec.decode(AnswerPicture(caption: "a cup", notes: ["Zibo 0.9"]).drawn(on: photo))
    #expect(bare.width == 400 && bare.height > 300)
    #expect(noted.height > bare.height, "a note takes a line")
    #expect(bare[5, 5] == grey, "nothing fired: the photo is as it was")
    let inked = (0..<bare.width).contains { x in (310..<bare.height).contains { bare[x, $0] == Ink(24, 24, 28) } }
    #expect(inked, "the caption is written below")
}

@Test func boxesAndHeatAreScaledWithThePhoto() throws {
    let photo = try PhotoCodec.encodePNG(Canvas(width: 1920, height: 960, filled: Ink(90, 90, 90)))
    let boxed = AnswerPicture(caption: "x", boxes: [.init(x: 200, y: 400, width: 400, height: 200)])
    let picture = try PhotoCodec.decode(boxed.drawn(on: photo))
    #expect(picture.width == AnswerPicture.maximumWidth)
    #expect(picture[100, 250] != Ink(90, 90, 90), "the left edge of the box at half its x")
    #expect(picture[200, 250] == Ink(90, 90, 90), "the inside is free")

    let heat = AnswerPicture(caption: "x", heat: .init(columns: 2, cells: [0, 1, 0, 0]))
    let warm = try PhotoCodec.decode(heat.drawn(on: photo))
    #expect(warm[950, 5].red > 90 && warm[5, 470] == Ink(90, 90, 90))
}

@Test func coordinatesOfAnySortAreDrawnWithoutATrap() throws {
    let photo = try PhotoCodec.encodePNG(Canvas(width: 320, height: 20, filled: Ink(1, 2, 3)))
    let strange = AnswerPicture(
        caption: String(repeating: "w", count: 500),
        boxes: [
            .init(x: .nan, y: -.infinity, width: 1e300, height: -5, label: "a\u{0}b"),
            .init(x: -50, y: -50, width: 1e9, height: 1e9),
        ],
        heat: .init(columns: 3, cells: [.nan, 1, 2]))
    #expect(try PhotoCodec.decode(strange.drawn(on: photo)).width == 320)
}

@Test func bytesThatAreNoPhotoAreRefused() {
    for bytes in [[], [0xFF, 0xD8], [0x89, 0x50, 0x4E, 0x47, 1, 2], Array("hello".utf8)] as [[UInt8]] {
        #expect(throws: PicturesError.self) { try AnswerPicture(caption: "x").drawn(on: bytes) }
    }
}

/// The stored pixels of an F-like corner, as each of the eight orientations stores it, turn back to the same picture.
@Test func everyOrientationTurnsUpright() {
    let (a, b, c) = (Ink(1, 0, 0), Ink(2, 0, 0), Ink(3, 0, 0))
    let (d, e, f) = (Ink(4, 0, 0), Ink(5, 0, 0), Ink(6, 0, 0))
    let stored: [(Int, [[Ink]])] = [
        (1, [[a, b, c], [d, e, f]]), (2, [[c, b, a], [f, e, d]]), (3, [[f, e, d], [c, b, a]]),
        (4, [[d, e, f], [a, b, c]]), (5, [[a, d], [b, e], [c, f]]), (6, [[c, f], [b, e], [a, d]]),
        (7, [[f, c], [e, b], [d, a]]), (8, [[d, a], [e, b], [f, c]]),
    ]
    for (value, rows) in stored {
        let turned = canvas(rows).turned(by: Orientation(value))
        #expect(turned == canvas(stored[0].1), "orientation \(value)")
    }
}

@Test func orientationIsReadFromEXIF() {
    let tiff: [UInt8] = Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    let body = Array("Exif\0\0".utf8) + tiff
    let file: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE1, 0, UInt8(body.count + 2)] + body + [0xFF, 0xDA, 0, 2]
    #expect(Orientation(ofJPEG: file).value == 6)
    for end in 0..<file.count {
        #expect((1...8).contains(Orientation(ofJPEG: Array(file.prefix(end))).value))
    }
}

private func canvas(_ rows: [[Ink]]) -> Canvas {
    Canvas(
        width: rows[0].count, height: rows.count,
        pixels: rows.flatMap { $0.flatMap { [$0.red, $0.green, $0.blue] } })
}
