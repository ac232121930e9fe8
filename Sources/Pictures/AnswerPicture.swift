public import Images

/// A photo with what the model said of it: the caption and what fired below, boxes and heat on the photo.
public struct AnswerPicture: Sendable {
    /// A rectangle, in pixels of the upright photo.
    public struct Box: Sendable {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
        let label: String
        let line: Line

        /// A box; its label stands above it.
        public init(
            x: Double, y: Double, width: Double, height: Double, label: String = "", line: Line = .solid
        ) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
            self.label = label
            self.line = line
        }
    }

    /// How a box is drawn: kinds differ in colour and dashes, and labels of equal boxes stand above each other.
    public enum Line: Int, Sendable, CaseIterable {
        case solid
        case dashed
        case dotted

        /// Pixels drawn and left out.
        var dashes: (on: Int, off: Int)? {
            switch self {
            case .solid: nil
            case .dashed: (14, 8)
            case .dotted: (4, 5)
            }
        }

        package var ink: Ink {
            switch self {
            case .solid: AnswerPicture.accent
            case .dashed: Ink(20, 104, 196)
            case .dotted: Ink(18, 128, 72)
            }
        }
    }

    /// How much each cell of a grid over the photo spoke for a concept.
    public struct Heat: Sendable {
        let columns: Int
        let cells: [Float]
        let area: Box?

        /// Cells row by row, of any scale; drawn from their least to their largest, over `area` of the photo or all of it.
        /// A grid that is not whole is not drawn.
        public init(columns: Int, cells: [Float], area: Box? = nil) {
            self.columns = columns
            self.cells = cells
            self.area = area
        }
    }

    /// A photo is scaled to this width at most.
    public static let maximumWidth = 960
    /// And to this height: a photo of extreme shape becomes a narrow strip on its sheet.
    public static let maximumHeight = 2_880
    /// A sheet is at least so wide, so that there is room for the text.
    static let minimumWidth = 320
    /// Lines of a caption, and of all notes; more are cut off, which three dots tell.
    static let maximumLines = 100

    private static let paper = Ink(250, 249, 245)
    private static let text = Ink(24, 24, 28)
    private static let quiet = Ink(104, 104, 112)
    private static let accent = Ink(214, 84, 16)

    private let caption: String
    private let notes: [String]
    private let boxes: [Box]
    private let heat: Heat?

    /// What to draw: `notes` stand below the caption, a line each ("Zibo v2  0.97 >= 0.50").
    public init(caption: String, notes: [String] = [], boxes: [Box] = [], heat: Heat? = nil) {
        self.caption = caption
        self.notes = notes
        self.boxes = boxes
        self.heat = heat
    }

    /// Draws on a photo (a JPEG, PNG or WebP file) and returns a PNG file: the photo with the text below, as wide as the
    /// photo but between 320 and `maximumWidth` pixels. No side of a sheet has more than 10,000 pixels.
    ///
    /// Coordinates are those of the photo after it was turned upright.
    /// - Throws: `unreadable` for what is no such picture; `tooLarge` beyond the limits of pictures that are read;
    ///   `cannotEncode` when memory ends.
    public func drawn(on photo: [UInt8]) throws(ImageError) -> [UInt8] {
        let original = Canvas(try RGBImage(file: photo))
        let size = Self.drawnSize(width: original.width, height: original.height)
        let scaled = original.scaled(width: size.width, height: size.height)
        return try composed(scaled, of: original.width).picture.pngFile()
    }

    /// The size a photo is drawn in: of its own shape, unless a side would have less than one pixel.
    static func drawnSize(width: Int, height: Int) -> (width: Int, height: Int) {
        let wanted = min(maximumWidth, max(minimumWidth, width))
        let drawn = height * wanted / width
        guard drawn > maximumHeight else { return (wanted, max(1, drawn)) }
        return (max(1, width * maximumHeight / height), maximumHeight)
    }

    /// The finished picture: `photo` was scaled from a width of `originalWidth`.
    func composed(_ photo: Canvas, of originalWidth: Int) -> Canvas {
        var photo = photo
        let ratio = Double(photo.width) / Double(originalWidth)
        if let heat { warm(&photo, by: heat, ratio: ratio) }
        for box in boxes { frame(box, on: &photo, ratio: ratio) }

        let width = max(Self.minimumWidth, photo.width)
        let scale = width >= 640 ? 3 : 2
        let margin = 6 * scale
        let line = (Glyphs.height + 3) * scale
        let advance = (Glyphs.width + 1) * scale
        let columns = (width - 2 * margin) / advance
        let said = Self.shortened(wrapped(caption, columns: columns))
        let noted = Self.shortened(notes.flatMap { wrapped($0, columns: columns) })
        var sheet = Canvas(
            width: width, height: photo.height + 2 * margin + (said.count + noted.count) * line,
            filled: Self.paper)
        sheet.paste(photo, x: (width - photo.width) / 2, y: 0)
        sheet.fill(x: 0, y: photo.height, width: width, height: scale, with: Self.accent)
        var y = photo.height + margin + scale
        for (lines, ink) in [(said, Self.text), (noted, Self.quiet)] {
            for text in lines {
                sheet.write(text, x: margin, y: y, scale: scale, with: ink)
                y += line
            }
        }
        return sheet
    }

    private static func shortened(_ lines: [String]) -> [String] {
        lines.count <= maximumLines ? lines : lines.prefix(maximumLines) + ["..."]
    }

    private func frame(_ box: Box, on photo: inout Canvas, ratio: Double) {
        func pixels(_ value: Double) -> Int {
            // A coordinate from another machine may be anything.
            value.isFinite ? Int(max(-100_000, min(100_000, (value * ratio).rounded()))) : 0
        }
        let (x, y) = (pixels(box.x), pixels(box.y))
        photo.frame(
            x: x, y: y, width: pixels(box.width), height: pixels(box.height), thickness: 3, with: box.line.ink,
            dashes: box.line.dashes)
        guard !box.label.isEmpty else { return }
        let label = wrapped(box.label, columns: 40).first ?? ""
        let height = (Glyphs.height + 2) * 2
        let above = height * (box.line.rawValue + 1)
        let top = y >= above ? y - above : y + above - height
        photo.fill(
            x: x, y: top, width: label.count * (Glyphs.width + 1) * 2 + 6, height: height, with: box.line.ink)
        photo.write(label, x: x + 4, y: top + 4, scale: 2, with: Self.paper)
    }

    private func warm(_ photo: inout Canvas, by heat: Heat, ratio: Double) {
        // A cell that is no number has no colour, wherever in the grid it stands.
        guard heat.columns > 0, !heat.cells.isEmpty, heat.cells.count % heat.columns == 0,
            heat.cells.allSatisfy(\.isFinite), let least = heat.cells.min(), let most = heat.cells.max(), most > least,
            (most - least).isFinite
        else { return }
        let rows = heat.cells.count / heat.columns
        let (left, top, width, height) =
            heat.area.map { ($0.x * ratio, $0.y * ratio, $0.width * ratio, $0.height * ratio) }
            ?? (0, 0, Double(photo.width), Double(photo.height))
        guard [left, top, width, height].allSatisfy(\.isFinite), width > 0, height > 0 else { return }
        func cell(_ row: Int, _ column: Int) -> Double {
            let row = max(0, min(rows - 1, row))
            let column = max(0, min(heat.columns - 1, column))
            return Double((heat.cells[row * heat.columns + column] - least) / (most - least))
        }
        for y in 0..<photo.height {
            // Bilinear between the centres of the cells.
            let beside = (Double(y) + 0.5 - top) / height
            guard (0...1).contains(beside) else { continue }
            let v = beside * Double(rows) - 0.5
            let (row, down) = (Int(v.rounded(.down)), v - v.rounded(.down))
            for x in 0..<photo.width {
                let along = (Double(x) + 0.5 - left) / width
                guard (0...1).contains(along) else { continue }
                let u = along * Double(heat.columns) - 0.5
                let (column, right) = (Int(u.rounded(.down)), u - u.rounded(.down))
                let above = cell(row, column) * (1 - right) + cell(row, column + 1) * right
                let below = cell(row + 1, column) * (1 - right) + cell(row + 1, column + 1) * right
                let value = above * (1 - down) + below * down
                photo.blend(x: x, y: y, with: Self.accent, opacity: 0.55 * value * value)
            }
        }
    }
}
