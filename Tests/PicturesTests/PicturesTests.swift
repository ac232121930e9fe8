import Images
import Pictures
import Testing

@Test(.timeLimit(.minutes(10))) func fontDrawsEveryPrintableCharacterDifferently() {
    let printable = (32...126).compactMap { UnicodeScalar($0).map { Character($0) } }
    #expect(Glyphs.characters == Set(printable))
    #expect(Set(printable.map { Glyphs.rows(of: $0) }).count == printable.count)
    for character in printable { #expect(Glyphs.rows(of: character).count == Glyphs.height) }
    #expect(Glyphs.rows(of: "é") != Glyphs.rows(of: " "), "what the font lacks must be seen")
}

@Test(
    .timeLimit(.minutes(10)),
    arguments: [
        ("a cup on a table", 8, ["a cup on", "a table"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("x abcdef", 4, ["x", "abcd", "ef"]),
        ("  line\nand\u{7}bell ", 20, ["line and bell"]),
        ("", 4, []),
    ])
func textIsBrokenAtSpaces(text: String, columns: Int, lines: [String]) {
    #expect(wrapped(text, columns: columns) == lines)
}

@Test(.timeLimit(.minutes(10))) func answerStandsBelowThePhoto() throws {
    let grey = Ink(90, 90, 90)
    let photo = try file(Canvas(width: 400, height: 300, filled: grey))
    let bare = try read(AnswerPicture(caption: "a cup").drawn(on: photo))
    let noted = try read(AnswerPicture(caption: "a cup", notes: ["Zibo 0.9"]).drawn(on: photo))
    #expect(bare.width == 400 && bare.height > 300)
    #expect(noted.height > bare.height, "a note takes a line")
    #expect(bare[5, 5] == grey, "nothing fired: the photo is as it was")
    let inked = (0..<bare.width).contains { x in (310..<bare.height).contains { bare[x, $0] == Ink(24, 24, 28) } }
    #expect(inked, "the caption is written below")
}

@Test(.timeLimit(.minutes(10))) func boxesAndHeatAreScaledWithThePhoto() throws {
    let photo = try file(Canvas(width: 1920, height: 960, filled: Ink(90, 90, 90)))
    let boxed = AnswerPicture(caption: "x", boxes: [.init(x: 200, y: 400, width: 400, height: 200)])
    let picture = try read(boxed.drawn(on: photo))
    #expect(picture.width == AnswerPicture.maximumWidth)
    #expect(picture[100, 250] != Ink(90, 90, 90), "the left edge of the box at half its x")
    #expect(picture[200, 250] == Ink(90, 90, 90), "the inside is free")

    let heat = AnswerPicture(caption: "x", heat: .init(columns: 2, cells: [0, 1, 0, 0]))
    let warm = try read(heat.drawn(on: photo))
    #expect(warm[950, 5].red > 90 && warm[5, 470] == Ink(90, 90, 90))
}

/// Who tells a box is seen by its line and colour, and where two tell the same both labels can be read.
@Test(.timeLimit(.minutes(10))) func linesOfBoxesDiffer() throws {
    let (grey, dark) = (Ink(90, 90, 90), AnswerPicture.Line.allCases.map(\.ink))
    #expect(Set(dark.map { [$0.red, $0.green, $0.blue] }).count == dark.count)
    let photo = try file(Canvas(width: 400, height: 300, filled: grey))
    for line in AnswerPicture.Line.allCases {
        let box = AnswerPicture.Box(x: 100, y: 150, width: 200, height: 100, line: line)
        let drawn = try read(AnswerPicture(caption: "x", boxes: [box]).drawn(on: photo))
        for edge in [(100..<300).map { drawn[$0, 151] }, (150..<250).map { drawn[101, $0] }] {
            #expect(edge.contains(line.ink) && Set(edge.map { [$0.red] }).count == (line == .solid ? 1 : 2), "\(line)")
        }
        #expect(drawn[200, 200] == grey && drawn[320, 151] == grey)
    }
    let same = AnswerPicture.Line.allCases.map {
        AnswerPicture.Box(x: 100, y: 150, width: 200, height: 100, label: "zibo", line: $0)
    }
    let drawn = try read(AnswerPicture(caption: "x", boxes: same).drawn(on: photo))
    for ink in dark {
        #expect((60..<150).contains { drawn[101, $0] == ink }, "the label of each")
        #expect((103..<300).contains { drawn[$0, 151] == ink }, "the line of each")
    }
}

@Test(.timeLimit(.minutes(10))) func heatMayLieOverAPart() throws {
    let grey = Ink(90, 90, 90)
    let photo = try file(Canvas(width: 400, height: 300, filled: grey))
    func drawn(_ area: AnswerPicture.Box) throws -> Canvas {
        try read(AnswerPicture(caption: "x", heat: .init(columns: 2, cells: [0, 1], area: area)).drawn(on: photo))
    }
    let part = try drawn(.init(x: 50, y: 0, width: 300, height: 300))
    #expect(part[30, 100] == grey && part[370, 100] == grey && part[340, 100].red > 90)
    let frame = try drawn(.init(x: 0, y: -50, width: 400, height: 400))
    #expect(frame[390, 5].red > 90 && frame[5, 5] == grey)
    for area in [
        AnswerPicture.Box(x: 0, y: 0, width: 0, height: 5), .init(x: .nan, y: 0, width: 1, height: 1),
        .init(x: 0, y: 0, width: 1e300, height: .infinity), .init(x: -1e300, y: 0, width: 1e-300, height: 1),
    ] {
        #expect(try drawn(area)[390, 100] == grey)
    }
}

@Test(.timeLimit(.minutes(10))) func coordinatesOfAnySortAreDrawnWithoutATrap() throws {
    let photo = try file(Canvas(width: 320, height: 20, filled: Ink(1, 2, 3)))
    let strange = AnswerPicture(
        caption: String(repeating: "w", count: 500),
        boxes: [
            .init(x: .nan, y: -.infinity, width: 1e300, height: -5, label: "a\u{0}b"),
            .init(x: -50, y: -50, width: 1e9, height: 1e9, line: .dashed),
            .init(x: -1e300, y: 1e300, width: 1e300, height: .nan, label: "x", line: .dotted),
        ],
        heat: .init(columns: 3, cells: [.nan, 1, 2]))
    #expect(try read(strange.drawn(on: photo)).width == 320)
}

@Test(.timeLimit(.minutes(10))) func bytesThatAreNoPhotoAreRefused() {
    for bytes in [[], [0xFF, 0xD8], [0x89, 0x50, 0x4E, 0x47, 1, 2], Array("hello".utf8)] as [[UInt8]] {
        #expect(throws: ImageError.self) { try AnswerPicture(caption: "x").drawn(on: bytes) }
    }
}

/// A cell that is no number, behind one that is, ended the program.
@Test(.timeLimit(.minutes(10))) func heatWithAHoleIsNotDrawn() throws {
    let grey = Ink(90, 90, 90)
    let photo = try file(Canvas(width: 320, height: 20, filled: grey))
    for hole in [Float.nan, .infinity, -.infinity] {
        let drawn = try read(
            AnswerPicture(caption: "x", heat: .init(columns: 3, cells: [0, hole, 1])).drawn(on: photo))
        #expect((0..<320).allSatisfy { drawn[$0, 10] == grey }, "\(hole)")
    }
}

/// Boxes are those of the upright photo, so the photo must be drawn upright, whatever its format is.
@Test(.timeLimit(.minutes(10))) func aTurnedPhotoIsDrawnUpright() throws {
    var lying = Canvas(width: 400, height: 300, filled: Ink(10, 20, 30))
    lying.fill(x: 0, y: 0, width: 40, height: 300, with: Ink(200, 0, 0))
    var bytes = try file(lying)
    let tiff: [UInt8] =
        Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    // The check of a chunk without pixels is not looked at.
    bytes.insert(contentsOf: [0, 0, 0, UInt8(tiff.count)] + Array("eXIf".utf8) + tiff + [0, 0, 0, 0], at: 33)
    let drawn = try read(AnswerPicture(caption: "x").drawn(on: bytes))
    #expect(drawn.width == 320 && drawn.height > 400)
    #expect(drawn[160, 10] == Ink(200, 0, 0), "the left edge is above after a turn to the right")
}

/// A photo one pixel wide made a sheet of 320 x 320,000 pixels.
@Test(.timeLimit(.minutes(10)), arguments: [(1, 1000), (1, 20_000), (20_000, 1), (3, 2_000), (1, 1)])
func aPhotoOfAnyShapeGivesASheetOfOrdinarySize(width: Int, height: Int) throws {
    let photo = try file(Canvas(width: width, height: height, filled: Ink(90, 120, 200)))
    let words = String(repeating: "word ", count: 5_000)
    let sheet = try read(AnswerPicture(caption: words, notes: [words]).drawn(on: photo))
    #expect((320...960).contains(sheet.width) && sheet.height <= 10_000)
}

private func file(_ canvas: Canvas) throws -> [UInt8] { try canvas.picture.pngFile() }
private func read(_ bytes: [UInt8]) throws -> Canvas { Canvas(try RGBImage(file: bytes)) }
