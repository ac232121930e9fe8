import Images
import Pictures
import PropertyTestSupport
import Testing

/// What is true of every drawing, whatever a server says.
@Suite(.timeLimit(.minutes(10))) struct DrawingPropertyTests {
    @Test(arguments: Seeds.some()) func wrappedTextLosesNoLetterAndFits(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<300 {
            let columns = random.number(1...30)
            let text = random.text(0...80)
            let lines = wrapped(text, columns: columns)
            for line in lines {
                #expect(line.count <= columns && !line.isEmpty, "\(columns): \(lines)")
                #expect(!line.unicodeScalars.contains { $0.value < 32 })
                #expect(line.first != " " && line.last != " ")
            }
            // Broken again with more room than the longest line has, each stays as it is.
            for line in lines { #expect(wrapped(line, columns: columns) == [line]) }
            func letters(_ text: String) -> [Unicode.Scalar] {
                text.unicodeScalars.filter { $0.value > 32 && !$0.properties.isWhitespace }
            }
            let clusters = text.contains { $0.unicodeScalars.count > 1 && $0.unicodeScalars.contains { $0.value < 32 } }
            if !clusters { #expect(lines.flatMap(letters) == letters(text), "\(text.debugDescription)") }
        }
    }

    /// Numbers as another machine may send them.
    private static func strange(_ random: inout Seeded) -> Double {
        switch random.number(0...6) {
        case 0: random.pick([.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1e300, 0])
        case 1: Double(random.number(-1_000_000...1_000_000))
        default: Double(random.number(-50...500)) / 3
        }
    }

    @Test(arguments: Seeds.some(6)) func anythingIsDrawnWithinTheSheet(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<6 {
            let (width, height) = (random.number(1...200), random.number(1...200))
            let photo = try RGBImage(
                width: width, height: height, pixels: random.bytes(width * height * 3...width * height * 3)
            ).pngFile()
            let boxes = (0..<random.number(0...5)).map { _ in
                AnswerPicture.Box(
                    x: Self.strange(&random), y: Self.strange(&random), width: Self.strange(&random),
                    height: Self.strange(&random), label: random.text(0...60))
            }
            let columns = random.number(0...7)
            let cells = (0..<random.number(0...40)).map { _ in Float(Self.strange(&random)) }
            let picture = AnswerPicture(
                caption: random.text(0...400), notes: (0..<random.number(0...4)).map { _ in random.text(0...100) },
                boxes: boxes, heat: random.once(in: 2) ? .init(columns: columns, cells: cells) : nil)
            let sheet = try RGBImage(file: picture.drawn(on: photo))
            #expect((320...AnswerPicture.maximumWidth).contains(sheet.width) && sheet.height <= 10_000)
            #expect(try picture.drawn(on: photo) == picture.drawn(on: photo), "the same twice")
        }
    }

    /// A canvas cuts off what falls outside: drawing there changes nothing, and nothing else changes.
    @Test(arguments: Seeds.some()) func whatFallsOutsideIsCutOff(_ seed: UInt64) {
        var random = Seeded(seed)
        let (paper, ink) = (Ink(1, 2, 3), Ink(200, 100, 50))
        for _ in 0..<40 {
            let (width, height) = (random.number(1...12), random.number(1...12))
            let (x, y) = (random.number(-15...15), random.number(-15...15))
            let (wide, high) = (random.number(-3...20), random.number(-3...20))
            var canvas = Canvas(width: width, height: height, filled: paper)
            canvas.fill(x: x, y: y, width: wide, height: high, with: ink)
            for row in 0..<height {
                for column in 0..<width {
                    let isInside = column >= x && column < x + wide && row >= y && row < y + high
                    #expect(canvas[column, row] == (isInside ? ink : paper), "\(column) \(row)")
                }
            }
        }
    }
}
