import Client
import LocalFiles
import Pictures
import Terminal

/// The picture file of `--picture`.
struct AnswerPictureFile {
    private let output: LocalOutput
    private let photo: Photo

    /// Reads the photo and, where a picture is wanted, checks that it can be written: before the work begins, and never
    /// over the photo itself.
    static func begin(_ photo: LocalPath, _ picture: LocalPath?) throws -> (photo: Photo, picture: Self?) {
        let read = try Photo(path: photo)
        return (read, try picture.map { Self(output: try LocalOutput($0, from: [photo]), photo: read) })
    }

    /// Draws the text, the recognised concepts and the places of an answer on the photo and writes a PNG.
    func write(
        caption: String, recognitions: [Recognition], places: [AnswerPlace] = [], _ arguments: OutputArguments
    ) throws {
        let boxes =
            recognitions.flatMap { seen in seen.boxes.map { Self.box($0, label: seen.identifier) } }
            + places.compactMap(Self.box(of:))
        let picture = AnswerPicture(
            caption: Console.shown(caption), notes: recognitions.map { AnswerView.line($0) }, boxes: boxes,
            heat: Self.heat(recognitions, places))
        let bytes: [UInt8]
        do {
            bytes = try picture.drawn(on: photo.bytes)
        } catch {
            throw MyVLMError(.invalidArgument, "cannot draw on \(photo.name): \(error.message)", cause: error)
        }
        try output.write(bytes)
        arguments.note("wrote \(output.path.shown)")
    }

    /// That of the place that was asked for, else that of what fired.
    private static func heat(_ recognitions: [Recognition], _ places: [AnswerPlace]) -> AnswerPicture.Heat? {
        if let place = places.first(where: { !$0.heat.isEmpty }) {
            return AnswerPicture.Heat(
                columns: Int(place.heatColumns), cells: place.heat, area: place.heatArea.map { box($0) })
        }
        return recognitions.first { !$0.heat.isEmpty && $0.heatColumns > 0 }
            .map { AnswerPicture.Heat(columns: Int($0.heatColumns), cells: $0.heat) }
    }

    private static func box(_ box: Box, label: String = "", line: AnswerPicture.Line = .solid) -> AnswerPicture.Box {
        AnswerPicture.Box(
            x: Double(box.x), y: Double(box.y), width: Double(box.width), height: Double(box.height), label: label,
            line: line)
    }

    /// A place in the line of who tells it.
    private static func box(of place: AnswerPlace) -> AnswerPicture.Box? {
        place.box.map { box in
            let line: AnswerPicture.Line =
                switch place.source {
                case "head": .dashed
                case "attention": .dotted
                default: .solid
                }
            return Self.box(box, label: Console.shown("\(place.subject) (\(place.source))"), line: line)
        }
    }
}
