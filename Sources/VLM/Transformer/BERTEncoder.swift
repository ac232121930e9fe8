package import Compute
import Foundation

/// A BERT encoder (Devlin et al. 2019): words, positions and one kind of sentence, normed, through a stack that norms behind
/// its parts. Everything is 32-bit floats. Immutable; safe from any thread.
package struct BERTEncoder: Sendable {
    private struct Configuration: Decodable {
        let hidden_size: Int
        let num_attention_heads: Int
        let num_hidden_layers: Int
        let layer_norm_eps: Float
        let hidden_act: String
    }

    private let stack: TransformerStack
    private let words: Matrix  // [vocabulary, width]
    private let positions: Matrix  // [positions, width]
    private let types: Matrix  // [kinds of sentences, width]
    private let norm: TransformerStack.Norm

    /// Numbers of a row.
    package var width: Int { words.columns }
    /// Tokens it has rows for.
    package var vocabularySize: Int { words.rows }
    /// Tokens a sentence may have.
    package var contextSize: Int { positions.rows }

    /// Reads `config.json` and weights named as in transformers' `BertModel`. Throws `checkpointMalformed` for a
    /// configuration or tensors that do not fit each other, `unsupported` for another activation.
    package init(configuration json: [UInt8], weights file: SafetensorsFile) throws {
        guard let configuration = try? JSONDecoder().decode(Configuration.self, from: Data(json)) else {
            throw VLMError(.checkpointMalformed, "config.json is no configuration of a BERT encoder")
        }
        words = try file.matrix("embeddings.word_embeddings.weight")
        positions = try file.matrix("embeddings.position_embeddings.weight")
        types = try file.matrix("embeddings.token_type_embeddings.weight")
        let (width, heads) = (configuration.hidden_size, configuration.num_attention_heads)
        guard width > 0, heads > 0, width % heads == 0, (1...1024).contains(configuration.num_hidden_layers),
            words.columns == width, positions.columns == width, types.columns == width, types.rows > 0
        else { throw VLMError(.checkpointMalformed, "the encoder's tables do not fit its configuration") }

        func vector(_ name: String, _ count: Int) throws -> [Float] {
            let found = try file.floats(name)
            guard found.count == count else {
                throw VLMError(.checkpointMalformed, "\(name) has \(found.count) numbers, expected \(count)")
            }
            return found
        }
        func norm(_ name: String) throws -> TransformerStack.Norm {
            TransformerStack.Norm(
                weight: try vector("\(name).weight", width), bias: try vector("\(name).bias", width))
        }
        func linear(_ names: [String], outputs: Int, inputs: Int) throws -> BiasedLinear {
            try BiasedLinear(
                inputs: inputs, outputs: names.map { _ in outputs }, storage: .float32,
                parts: names.map { name in
                    ({ try vector("\(name).weight", outputs * inputs) }, try vector("\(name).bias", outputs))
                })
        }
        let inner = try file.matrix("encoder.layer.0.intermediate.dense.weight").rows
        self.norm = try norm("embeddings.LayerNorm")
        stack = TransformerStack(
            shape: TransformerShape(
                width: width, inner: inner, heads: heads, keyHeads: heads, headSize: width / heads, norm: .layer,
                epsilon: configuration.layer_norm_eps, normsFirst: false,
                activation: try BiasedLinear.Activation(named: configuration.hidden_act), isGated: false,
                scoreScale: 1 / Float(width / heads).squareRoot(), isCausal: false),
            blocks: try (0..<configuration.num_hidden_layers).map { index in
                let block = "encoder.layer.\(index)"
                return TransformerStack.Block(
                    attentionNorm: try norm("\(block).attention.output.LayerNorm"),
                    queryKeyValue: try linear(
                        ["query", "key", "value"].map { "\(block).attention.self.\($0)" }, outputs: width,
                        inputs: width),
                    output: try linear(["\(block).attention.output.dense"], outputs: width, inputs: width), cross: nil,
                    mlpNorm: try norm("\(block).output.LayerNorm"),
                    first: try linear(["\(block).intermediate.dense"], outputs: inner, inputs: width),
                    second: try linear(["\(block).output.dense"], outputs: width, inputs: inner))
            })
    }

    /// The last block's rows of one sentence, `[tokens.count, width]`; tokens are below `vocabularySize`, at most
    /// `contextSize` of them.
    package func callAsFunction(_ tokens: [Int]) -> Matrix {
        let sequences = [TransformerSequence(row: 0, count: tokens.count)]
        return stack.workspaces.with(pieces: TransformerActivations.pieces(stack, sequences, isKept: false)) {
            let a = TransformerActivations(stack, sequences, isKept: false, in: $0)
            for (row, token) in tokens.enumerated() {
                for column in 0..<width {
                    a.hidden[row * width + column] =
                        words[token, column] + positions[row, column] + types[0, column]
                }
            }
            stack.normalise(a.hidden, norm, rows: tokens.count, into: a.hidden)
            stack.forward(a, sequences)
            return Matrix(
                rows: tokens.count, columns: width,
                values: Array(UnsafeBufferPointer(start: a.hidden, count: tokens.count * width)))
        }
    }
}
