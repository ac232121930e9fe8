public import Foundation
import LocalFiles

/// What an evaluation found.
public struct EvaluationResult: Sendable {
    /// All figures.
    public let figures: [Figure]
    /// What they were measured on.
    public let split: EvaluationSplit
    package let rows: [PhotoRow]
    package let pairs: [PairRow]
    /// Photos that show the same and should not both have been there.
    public let samePhotos: [SamePhotos]
    let things: [Thing]
    /// Files that must not be written over.
    let sources: [LocalPath]
    let modelDigest: String
    let gridColumns: Int

    private struct Document: Encodable {
        let model_digest: String
        let figures: [Figure]
        let split: EvaluationSplit
        let photos: [PhotoRow]
        let pairs: [PairRow]
        let same_photos: [SamePhotos]
    }

    /// Writes `FILE.json` with everything, `FILE.split.json` with the split alone and `FILE.html` to look at, where
    /// FILE is the given path without an extension `.json`. Returns what was written. Throws `unwritable`, or `full` where the
    /// disk has no room.
    @discardableResult
    public func write(to path: String) throws -> [String] {
        let document = Document(
            model_digest: modelDigest, figures: figures, split: split, photos: rows, pairs: pairs,
            same_photos: samePhotos)
        return try EvaluationFiles(path, from: sources).write(
            try Self.json(document), split: try Self.json(split), page: Data(try HTMLReport(self).html().utf8))
    }

    /// One JSON line a test photo.
    public func photoLines() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try rows.reduce(into: Data()) { $0 += try encoder.encode($1) + Data("\n".utf8) }
    }

    private static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return try encoder.encode(value) + Data("\n".utf8)
    }
}
