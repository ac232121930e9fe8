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
            + places.compactMap { place in place.box.map { Self.box($0, label: Console.shown(place.subject)) } }
        let heat = recognitions.first { !$0.heat.isEmpty && $0.heatColumns > 0 }
            .map { AnswerPicture.Heat(columns: Int($0.heatColumns), cells: $0.heat) }
        let picture = AnswerPicture(
            caption: Console.shown(caption), notes: recognitions.map { AnswerView.line($0) }, boxes: boxes, heat: heat)
        let bytes: [UInt8]
        do {
            bytes = try picture.drawn(on: photo.bytes)
        } catch {
            throw MyVLMError(.invalidArgument, "cannot draw on \(photo.name): \(error.message)", cause: error)
        }
        try output.write(bytes)
        arguments.note("wrote \(output.path.shown)")
    }

    private static func box(_ box: Box, label: String) -> AnswerPicture.Box {
        AnswerPicture.Box(
            x: Double(box.x), y: Double(box.y), width: Double(box.width), height: Double(box.height), label: label)
    }
}
