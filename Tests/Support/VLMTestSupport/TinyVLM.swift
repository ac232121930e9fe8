internal import Compute
import Foundations
public import VLM

/// A model that can do everything a model can.
public typealias CompleteVLM = ConceptTrainable & BranchingModel & InstructionModel & AttentionModel

/// A small random model of pocket's shape, made in milliseconds without any file: pocket's own assembly and language
/// engine with 32 hidden units, 2 blocks, a vocabulary of bytes and a one-layer vision side.
///
/// It says nothing sensible, but everything that is true of every model is true of it: same numbers for the same
/// input, prefixes, batches, gradients.
public enum TinyVLM {
    /// A model; the same seed gives the same numbers.
    public static func make(seed: UInt64 = 1) throws -> any CompleteVLM {
        var generator = SplitMix64(seed: seed)
        let vision = TinyVision(&generator)
        let language = try language(&generator)
        let hidden = language.configuration.hiddenSize
        return try PocketModel(
            identity: ModelIdentity(
                name: "tiny", digest: SHA256Digest.hex(Array("tiny \(seed)".utf8)), hiddenSize: hidden,
                featureSize: TinyVision.features, gridRows: TinyVision.side, gridColumns: TinyVision.side),
            trainingDefaults: ConceptTrainingDefaults(
                tokens: 2, steps: 8, learningRate: 1, gradientClip: 0.05, weightDecay: 1e-4, regularizerWeight: 0.0075,
                checkpoints: [4, 8]),
            vision: vision,
            projector: .init(
                first: matrix(64, TinyVision.features, &generator), firstBias: [Float](repeating: 0, count: 64),
                second: matrix(hidden, 64, &generator), secondBias: [Float](repeating: 0, count: hidden)),
            tags: TagTable(
                classTags: [
                    "cup", "dog", "cat", "chair", "mug", "dog", "car", "tree", "book", "shoe",
                ], count: 3, minimum: 0.03),
            prompt: prompt, tokenizer: try tokenizer(), language: language, negatives: negatives(vision))
    }

    private static let prompt = PocketPrompt(
        prefix: "<|im_start|>Objects: {tags}.\n", caption: "\nCaption:", caption_named: "\nCaption of {names}:",
        question: "\nQuestion: {question}\nAnswer:",
        question_named: "\nQuestion about {names}: {question}\nAnswer:", separator: ", ", names_separator: " and ",
        stop: ["<|im_end|>"])

    /// Every byte is a token; two special tokens follow.
    private static func tokenizer() throws -> ByteLevelBPE {
        let bytes = ByteAlphabet.scalars.map { String(Character($0)) }
        return try ByteLevelBPE(tokens: bytes + ["<|im_start|>", "<|im_end|>"], merges: [], special: [256, 257])
    }

    private static func language(_ generator: inout SplitMix64) throws -> LlamaModel {
        let configuration = LlamaConfiguration(
            blocks: 2, hiddenSize: 32, intermediateSize: 64, queryHeads: 2, keyValueHeads: 1, headSize: 16,
            vocabularySize: 258, contextSize: 2048, ropeBase: 10_000, normEpsilon: 1e-5)
        let weights = try LlamaWeights(configuration: configuration) { tensor in
            let shape = tensor.shape(in: configuration)
            switch tensor {
            case .head: return nil
            case .attentionNorm, .mlpNorm, .finalNorm: return [Float](repeating: 1, count: shape[0])
            case .embedding: return generator.weights(shape[0] * shape[1], deviation: 0.4)
            default: return generator.weights(shape[0] * shape[1], deviation: 1 / Float(shape[1]).squareRoot())
            }
        }
        return LlamaModel(weights: weights)
    }

    private static func matrix(_ rows: Int, _ columns: Int, _ generator: inout SplitMix64) -> Matrix {
        Matrix(
            rows: rows, columns: columns,
            values: generator.weights(rows * columns, deviation: 1 / Float(columns).squareRoot()))
    }

    /// The features of 64 things no test photographs (tests use things below a million).
    private static func negatives(_ vision: TinyVision) -> NegativeBank {
        let rows = (0..<64).map { vision.encode(TinyPicture.picture(of: 1_000_000 + UInt64($0))).pooled }
        let mean = (0..<TinyVision.features).map { column in
            rows.reduce(Float(0)) { $0 + $1[column] } / Float(rows.count)
        }
        return NegativeBank(
            features: Matrix(rows: rows.count, columns: TinyVision.features, values: rows.flatMap { $0 }), mean: mean)
    }
}
