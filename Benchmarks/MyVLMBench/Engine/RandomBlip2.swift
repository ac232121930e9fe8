import Compute
import Foundation
import VLM

/// BLIP-2 models of random weights in the shapes that are measured.
enum RandomBlip2 {
    enum Shape: String {
        case opt125m = "opt-125m"
        case opt350m = "opt-350m"
        case opt2700m = "opt-2.7b"
    }

    /// `config.json` of a shape: a tower like ViT-B/14, or EVA ViT-g for the large one.
    static func configuration(_ shape: Shape) -> String {
        let vision: String
        switch shape {
        case .opt125m, .opt350m:
            vision =
                #"{"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}"#
        case .opt2700m: vision = "{}"
        }
        let text: String
        switch shape {
        case .opt125m:
            text = #"{"hidden_size": 768, "ffn_dim": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}"#
        case .opt350m:
            text = #"{"hidden_size": 1024, "ffn_dim": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}"#
        case .opt2700m:
            text = #"{"hidden_size": 2560, "ffn_dim": 10240, "num_hidden_layers": 32, "num_attention_heads": 32}"#
        }
        return #"{"model_type": "blip-2", "vision_config": \#(vision), "qformer_config": {}, "text_config": \#(text)}"#
    }

    /// A model whose tensors are made when they are asked for: nothing of it is ever alive as plain floats.
    static func model(_ shape: Shape, storage: Weight.Storage) throws -> Blip2Model {
        try Blip2Model.make(
            configuration: Array(configuration(shape).utf8), tensors: CheckpointTensors(making: values),
            tokenizer: Numbers(), preprocessing: Array(#"{"image_processor_type": "BlipImageProcessor"}"#.utf8),
            options: LoadOptions(storage: storage))
    }

    /// Some rows of a tensor: ones for the weights of norms, else uniform numbers of the deviation 1 / sqrt(inputs), so
    /// that activations keep their size.
    @Sendable private static func values(_ name: String, _ shape: [Int], _ rows: Range<Int>) -> [Float] {
        let inputs = shape.dropFirst().reduce(1, *)
        let isNorm = name.lowercased().contains("norm") && name.hasSuffix("weight")
        if isNorm { return [Float](repeating: 1, count: rows.count * inputs) }
        let scale = 3.4641 / Float(max(inputs, shape[0])).squareRoot() / 0x1p24
        let base = UInt64(name.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }) << 24
        return [Float](unsafeUninitializedCapacity: rows.count * inputs) { buffer, count in
            for (index, row) in rows.enumerated() {
                var state = base &+ UInt64(row)
                for column in 0..<inputs {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    buffer[index * inputs + column] = (Float(state >> 40) - 0x1p23) * scale
                }
            }
            count = rows.count * inputs
        }
    }

    /// A tokenizer of no words: what is measured are token ids.
    private struct Numbers: TextTokenizer {
        let vocabularySize = 50272
        let largestTextToken: Int32 = 255
        func id(of token: String) -> Int32? { token == "</s>" ? 2 : nil }
        func encode(_ text: String, atStart: Bool) -> [Int32] { text.utf8.map { Int32($0) } }
        func bytes(of token: Int32) -> [UInt8] { [] }
    }

    /// A picture of the tower's size.
    static let picture = RGBImage(
        width: 224, height: 224,
        pixels: (0..<224 * 224 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) })
}
