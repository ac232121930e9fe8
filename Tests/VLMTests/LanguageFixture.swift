import Compute
import Foundation
import VLM

/// Reference numbers of transformers for a tiny decoder (Tools/fixtures_llama.py).
struct LanguageFixture {
    struct Numbers: Decodable {
        struct Config: Decodable {
            let num_hidden_layers, hidden_size, intermediate_size, num_attention_heads, num_key_value_heads: Int
            let head_dim, vocab_size: Int
            let rope_theta, rms_norm_eps: Float
        }
        struct Sample: Decodable {
            let norm: Float
            let prompt, target: [Int32]
        }
        struct Loss: Decodable { let cross_entropy, regularization: Float }
        let config: Config
        let context: Int
        let greedy: [Int32]
        let lambda: Float
        let samples: [Sample]
        let none, row, column: Loss
        enum CodingKeys: String, CodingKey {
            case config, context, greedy, lambda, samples, none, row, column
        }
    }

    static let seeds = [1, 2, 3]

    let numbers: Numbers
    let file: SafetensorsFile
    let configuration: LlamaConfiguration

    init(seed: Int) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/language")
        file = try SafetensorsFile(contentsOf: folder.appending(path: "llama-\(seed).safetensors").path)
        numbers = try JSONDecoder().decode(Numbers.self, from: Data((file.metadata["numbers"] ?? "").utf8))
        let c = numbers.config
        configuration = LlamaConfiguration(
            blocks: c.num_hidden_layers, hiddenSize: c.hidden_size, intermediateSize: c.intermediate_size,
            queryHeads: c.num_attention_heads, keyValueHeads: c.num_key_value_heads, headSize: c.head_dim,
            vocabularySize: c.vocab_size, contextSize: numbers.context, ropeBase: c.rope_theta,
            normEpsilon: c.rms_norm_eps)
    }

    func model(storage: Weight.Storage = .float32) throws -> LlamaModel {
        let names = Set(file.names)
        return LlamaModel(
            weights: try LlamaWeights(configuration: configuration, storage: storage) { tensor in
                let name = "weights." + Self.name(of: tensor)
                return names.contains(name) ? try file.floats(name) : nil
            })
    }

    func samples(_ model: LlamaModel) throws -> [LlamaTrainingSample] {
        try numbers.samples.enumerated().map { index, sample in
            LlamaTrainingSample(
                prefix: try model.prefix(of: try file.matrix("samples.\(index).prefix")), conceptNorm: sample.norm,
                prompt: sample.prompt, target: sample.target)
        }
    }

    static func name(of tensor: LlamaTensor) -> String {
        switch tensor {
        case .embedding: "model.embed_tokens.weight"
        case .attentionNorm(let i): "model.layers.\(i).input_layernorm.weight"
        case .query(let i): "model.layers.\(i).self_attn.q_proj.weight"
        case .key(let i): "model.layers.\(i).self_attn.k_proj.weight"
        case .value(let i): "model.layers.\(i).self_attn.v_proj.weight"
        case .queryBias(let i): "model.layers.\(i).self_attn.q_proj.bias"
        case .keyBias(let i): "model.layers.\(i).self_attn.k_proj.bias"
        case .valueBias(let i): "model.layers.\(i).self_attn.v_proj.bias"
        case .output(let i): "model.layers.\(i).self_attn.o_proj.weight"
        case .mlpNorm(let i): "model.layers.\(i).post_attention_layernorm.weight"
        case .gate(let i): "model.layers.\(i).mlp.gate_proj.weight"
        case .up(let i): "model.layers.\(i).mlp.up_proj.weight"
        case .down(let i): "model.layers.\(i).mlp.down_proj.weight"
        case .finalNorm: "model.norm.weight"
        case .head: "lm_head.weight"
        }
    }
}

/// |a - b| / |b| over all elements.
func relativeError(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let difference = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    let norm = b.reduce(0.0) { $0 + Double($1) * Double($1) }
    return (difference / max(norm, 1e-30)).squareRoot()
}
