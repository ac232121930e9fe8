import Compute
import Foundation
import LocalFiles
import VLM

/// all-MiniLM-L6-v2: a sentence as a unit vector, so that inner products tell how near two sentences are in meaning.
///
/// A BERT of 6 blocks (post-norm, exact GELU), mean over the tokens, unit norm; sentences of one token or 256.
package struct SentenceEncoder: Sendable {
    /// Tokens of a sentence; longer ones are cut, as in the model's own configuration.
    private static let tokenLimit = 256

    private let tokenizer: WordPiece
    private let encoder: BERTEncoder

    /// Loads the encoder of a folder whose name is carried text; nil for none. Throws as `init(directory:)`.
    static func lent(_ directory: String?) throws -> SentenceEncoder? {
        guard let directory else { return nil }
        let lent = try EvaluationError.reading { () throws(LocalFileError) in try LentName(LocalPath(directory)) }
        defer { withExtendedLifetime(lent) {} }
        return try SentenceEncoder(directory: lent.text)
    }

    /// Loads `config.json`, `vocab.txt` and `model.safetensors` of a folder. Throws `missing` where they are not there
    /// and `unavailable` where they are of another model.
    package init(directory: String) throws {
        guard let json = FileManager.default.contents(atPath: directory + "/config.json") else {
            throw EvaluationError(
                .missing, "\(directory) holds no sentence encoder: run Scripts/setup --evaluation to fetch it")
        }
        do {
            tokenizer = try WordPiece(contentsOf: directory + "/vocab.txt")
            encoder = try BERTEncoder(
                configuration: [UInt8](json), weights: SafetensorsFile(contentsOf: directory + "/model.safetensors"))
        } catch let error as EvaluationError {
            throw error
        } catch {
            throw EvaluationError(
                .unavailable, "the sentence encoder in \(directory) cannot be used: run Scripts/setup --evaluation",
                cause: error)
        }
    }

    /// The unit vector of a sentence, `[hidden]`.
    package func embedding(of sentence: String) -> [Float] {
        let hidden = encoder(tokenizer.encode(sentence, limit: min(Self.tokenLimit, encoder.contextSize)))
        var mean = [Float](repeating: 0, count: hidden.columns)
        for row in 0..<hidden.rows { for column in 0..<hidden.columns { mean[column] += hidden[row, column] } }
        let length = mean.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return mean.map { $0 / max(length, 1e-12) }
    }

    /// The cosine of two sentences, -1...1.
    package func similarity(_ one: String, _ other: String) -> Double {
        zip(embedding(of: one), embedding(of: other)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}
