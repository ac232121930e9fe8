import Foundation
import LocalFiles

/// The three files of a result.
struct EvaluationFiles {
    private let result: LocalOutput
    private let split: LocalOutput
    private let page: LocalOutput

    /// Checks that all can be written. Throws `unwritable`.
    init(_ path: String, from sources: [LocalPath]) throws(EvaluationError) {
        let base = LocalPath(path).dropping(".json")
        func output(_ ending: String) throws(EvaluationError) -> LocalOutput {
            do {
                return try LocalOutput(base.adding(ending), from: sources)
            } catch {
                throw EvaluationError(.unwritable, "\(error.message) (--out)", cause: error)
            }
        }
        result = try output(".json")
        split = try output(".split.json")
        page = try output(".html")
    }

    /// Writes them and tells where.
    func write(_ result: Data, split: Data, page: Data) throws(EvaluationError) -> [String] {
        let files = [(self.result, result), (self.split, split), (self.page, page)]
        for (file, data) in files {
            try EvaluationError.reading { () throws(LocalFileError) in try file.write([UInt8](data)) }
        }
        return files.map { $0.0.path.text }
    }
}
