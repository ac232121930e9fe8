package import LocalFiles
package import VLM

/// A photo of a data folder.
package protocol PhotoFile: Sendable {
    /// Where it lies.
    var file: LocalPath { get }
}

extension PhotoFile {
    /// The file's name, as carried text.
    package var name: String { file.name.text }

    /// The file.
    package func bytes() throws(EvaluationError) -> [UInt8] {
        try EvaluationError.reading { () throws(LocalFileError) in
            try LocalInput.contents(of: file, limit: ImageLimits.standard.maximumBytes)
        }
    }

    /// What the file's bytes show. Throws `badInput` with its name where that is no picture.
    package func picture(_ bytes: [UInt8]) throws(EvaluationError) -> RGBImage {
        do {
            return try RGBImage(decoding: bytes)
        } catch {
            throw EvaluationError(.badInput, "\(file.shown): \(error.message)", cause: error)
        }
    }
}

/// Which files of a folder are taken for photos.
enum PhotoName {
    private static let endings = [".jpg", ".jpeg", ".png", ".webp"]

    /// Whether a file is called like a picture and not hidden.
    static func isOne(_ name: LocalPath) -> Bool {
        guard name.bytes.first != UInt8(ascii: ".") else { return false }
        let text = name.text.lowercased()
        return endings.contains { text.hasSuffix($0) }
    }
}
