public import Foundation

/// What an evaluation found.
public struct EvaluationResult: Sendable {
    /// All figures.
    public let figures: [Figure]
    /// What they were measured on.
    public let split: EvaluationSplit
    package let rows: [PhotoRow]
    package let pairs: [PairRow]
    let things: [Thing]
    let modelDigest: String
    let gridColumns: Int

    private struct Document: Encodable {
        let model_digest: String
        let figures: [Figure]
        let split: EvaluationSplit
        let photos: [PhotoRow]
        let pairs: [PairRow]
    }

    /// Writes `FILE.json` with everything, `FILE.split.json` with the split alone and `FILE.html` to look at, where
    /// FILE is the given path without an extension `.json`. Returns what was written. Throws `unwritable`.
    @discardableResult
    public func write(to path: String) throws -> [String] {
        let base = path.hasSuffix(".json") ? String(path.dropLast(5)) : path
        let document = Document(
            model_digest: modelDigest, figures: figures, split: split, photos: rows, pairs: pairs)
        let files = [
            (base + ".json", try Self.json(document)), (base + ".split.json", try Self.json(split)),
            (base + ".html", Data(try HTMLReport(self).html().utf8)),
        ]
        for (file, data) in files {
            do {
                try data.write(to: URL(filePath: file), options: .atomic)
            } catch {
                throw EvaluationError(
                    .unwritable, "\(file) cannot be written: choose another place with --out", cause: error)
            }
        }
        return files.map(\.0)
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
