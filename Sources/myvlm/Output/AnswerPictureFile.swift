import Client
import Foundation
import Pictures

/// The picture file of `--picture`.
enum AnswerPictureFile {
    /// Draws the text and what fired on the photo and writes a PNG.
    static func write(
        _ path: String, photo: Photo, caption: String, recognitions: [Recognition]
    ) throws(MyVLMError) {
        let boxes = recognitions.flatMap { seen in
            seen.boxes.map {
                AnswerPicture.Box(
                    x: Double($0.x), y: Double($0.y), width: Double($0.width), height: Double($0.height),
                    label: seen.identifier)
            }
        }
        let heat = recognitions.first { !$0.heat.isEmpty && $0.heatColumns > 0 }
            .map { AnswerPicture.Heat(columns: $0.heatColumns, cells: $0.heat) }
        let picture = AnswerPicture(
            caption: Console.shown(caption), notes: recognitions.map { AnswerView.line($0) }, boxes: boxes, heat: heat)
        let bytes: [UInt8]
        do {
            bytes = try picture.drawn(on: photo.bytes)
        } catch {
            throw MyVLMError(.invalidArgument, "cannot draw on \(photo.name): \(error.message)", cause: error)
        }
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw MyVLMError(
                .cannotCreate, "cannot write \(path); check the folder and the space on the disk", cause: error)
        }
    }
}
