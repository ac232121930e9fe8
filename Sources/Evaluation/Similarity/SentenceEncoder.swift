import Compute
import Foundation
import LocalFiles
import VLM

/// all-MiniLM-L6-v2: a sentence as a unit vector, so that inner products tell how near two sentences are in meaning.
///
/// A BERT of 6 blocks (post-norm, exact GELU), mean over the tokens, unit norm; sentences of one token or 256.
package struct SentenceEncoder: Sendable {
    private struct Linear: Sendable {
        let weight: Matrix  // [outputs, inputs]
        let bias: [Float]

        func callAsFunction(_ x: Matrix) -> Matrix {
            var y = Gemm.multiply(x, transposed: weight)
            for row in 0..<y.rows { for column in 0..<y.columns { y[row, column] += bias[column] } }
            return y
        }
    }

    private struct Norm: Sendable {
        let weight: [Float]
        let bias: [Float]
        let epsilon: Double

        func callAsFunction(_ x: Matrix) -> Matrix {
            var y = x
            for row in 0..<x.rows {
                let values = x.row(row)
                let mean = values.reduce(0.0) { $0 + Double($1) } / Double(x.columns)
                let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(x.columns)
                let scale = 1 / (variance + epsilon).squareRoot()
                for (column, value) in values.enumerated() {
                    y[row, column] = Float((Double(value) - mean) * scale) * weight[column] + bias[column]
                }
            }
            return y
        }
    }

    private struct Block: Sendable {
        let query: Linear
        let key: Linear
        let value: Linear
        let output: Linear
        let outputNorm: Norm
        let up: Linear
        let down: Linear
        let downNorm: Norm
    }

    private struct Configuration: Decodable {
        let hidden_size: Int
        let num_attention_heads: Int
        let num_hidden_layers: Int
        let layer_norm_eps: Double
        let hidden_act: String
    }

    /// Tokens of a sentence; longer ones are cut, as in the model's own configuration.
    private static let tokenLimit = 256

    private let tokenizer: WordPiece
    private let words: Matrix  // [vocabulary, hidden]
    private let positions: Matrix  // [512, hidden]
    private let types: Matrix  // [2, hidden]
    private let norm: Norm
    private let blocks: [Block]
    private let heads: Int

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
            let configuration = try JSONDecoder().decode(Configuration.self, from: json)
            guard configuration.hidden_act == "gelu", configuration.num_attention_heads > 0,
                configuration.hidden_size % configuration.num_attention_heads == 0
            else { throw EvaluationError(.unavailable, "\(directory) holds an encoder of another kind than BERT's") }
            let file = try SafetensorsFile(contentsOf: directory + "/model.safetensors")
            func linear(_ name: String) throws -> Linear {
                Linear(weight: try file.matrix(name + ".weight"), bias: try file.floats(name + ".bias"))
            }
            func norm(_ name: String) throws -> Norm {
                Norm(
                    weight: try file.floats(name + ".weight"), bias: try file.floats(name + ".bias"),
                    epsilon: configuration.layer_norm_eps)
            }
            tokenizer = try WordPiece(contentsOf: directory + "/vocab.txt")
            words = try file.matrix("embeddings.word_embeddings.weight")
            positions = try file.matrix("embeddings.position_embeddings.weight")
            types = try file.matrix("embeddings.token_type_embeddings.weight")
            self.norm = try norm("embeddings.LayerNorm")
            blocks = try (0..<configuration.num_hidden_layers).map { index in
                let block = "encoder.layer.\(index)"
                return Block(
                    query: try linear("\(block).attention.self.query"), key: try linear("\(block).attention.self.key"),
                    value: try linear("\(block).attention.self.value"),
                    output: try linear("\(block).attention.output.dense"),
                    outputNorm: try norm("\(block).attention.output.LayerNorm"),
                    up: try linear("\(block).intermediate.dense"), down: try linear("\(block).output.dense"),
                    downNorm: try norm("\(block).output.LayerNorm"))
            }
            heads = configuration.num_attention_heads
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
        let tokens = tokenizer.encode(sentence, limit: Self.tokenLimit)
        var hidden = Matrix(rows: tokens.count, columns: words.columns)
        for (row, token) in tokens.enumerated() {
            for column in 0..<words.columns {
                hidden[row, column] = words[token, column] + positions[row, column] + types[0, column]
            }
        }
        hidden = norm(hidden)
        for block in blocks {
            hidden = block.outputNorm(sum(block.output(attended(hidden, block)), hidden))
            var middle = block.up(hidden)
            Activation.gelu(&middle)
            hidden = block.downNorm(sum(block.down(middle), hidden))
        }
        var mean = [Float](repeating: 0, count: hidden.columns)
        for row in 0..<hidden.rows { for column in 0..<hidden.columns { mean[column] += hidden[row, column] } }
        let length = mean.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return mean.map { $0 / max(length, 1e-12) }
    }

    /// The cosine of two sentences, -1...1.
    package func similarity(_ one: String, _ other: String) -> Double {
        zip(embedding(of: one), embedding(of: other)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private func attended(_ x: Matrix, _ block: Block) -> Matrix {
        let (queries, keys, values) = (block.query(x), block.key(x), block.value(x))
        let size = x.columns / heads
        let scale = 1 / Float(size).squareRoot()
        var result = Matrix(rows: x.rows, columns: x.columns)
        for head in 0..<heads {
            let columns = head * size..<(head + 1) * size
            for row in 0..<x.rows {
                let scores = (0..<x.rows).map { key in
                    columns.reduce(Float(0)) { $0 + queries[row, $1] * keys[key, $1] } * scale
                }
                for (key, weight) in Activation.softmax(scores).enumerated() {
                    for column in columns { result[row, column] += weight * values[key, column] }
                }
            }
        }
        return result
    }

    private func sum(_ a: Matrix, _ b: Matrix) -> Matrix {
        Matrix(rows: a.rows, columns: a.columns, values: zip(a.values, b.values).map { $0 + $1 })
    }
}
