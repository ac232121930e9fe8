package import Compute
package import VLM

/// The small random model, but where it is asked where something is it says one text: for what becomes of an answer with
/// boxes, which no random weights give.
package struct PointingVLM: ConceptTrainable, BranchingModel {
    /// How far an answer is in the text.
    private final class Pointing: Decoding {
        let said: [Int32]
        var count: Int

        init(said: [Int32], count: Int) {
            self.said = said
            self.count = count
        }

        var logits: [Float] {
            let next = Int(said[min(count, said.count - 1)])
            return (0...Int(said.max() ?? 0)).map { $0 == next ? 1 : 0 }
        }
    }

    /// Stands before the prompt of a question where something is; no token is below zero.
    private static let mark: Int32 = -1

    private let model: any CompleteVLM
    private let text: String
    package let answersWithBoxes: Bool

    /// A model that says `text` of every place.
    package init(saying text: String, answersWithBoxes: Bool = true) throws {
        model = try TinyVLM.make()
        self.text = text
        self.answersWithBoxes = answersWithBoxes
    }

    package var identity: ModelIdentity { model.identity }
    package var negatives: NegativeBank { model.negatives }
    package var stopTokens: [Int32] { model.stopTokens }
    package var contextSize: Int { model.contextSize }
    package var trainingDefaults: ConceptTrainingDefaults { model.trainingDefaults }
    package var regularizerDirection: AttentionRegularizer.Direction { model.regularizerDirection }

    package func features(of image: RGBImage) throws -> ImageFeatures { try model.features(of: image) }
    package func tokens(of text: String) -> [Int32] { model.tokens(of: text) }
    package func bytes(of token: Int32) -> [UInt8] { model.bytes(of: token) }
    package func prefix(for features: ImageFeatures) throws -> any ImagePrefix { try model.prefix(for: features) }
    package func targetTokens(for sentence: String) throws -> [Int32] { try model.targetTokens(for: sentence) }
    package func embeddings(of tokens: [Int32]) throws -> Matrix { try model.embeddings(of: tokens) }
    package func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss] { try model.losses(of: batches) }

    package func promptTokens(for task: VLMTask) throws -> [Int32] {
        switch task {
        case .place: return [Self.mark]
        case .question(let question, _) where question.hasPrefix("Where"): return [Self.mark]
        default: return try model.promptTokens(for: task)
        }
    }

    package func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        guard prompt.first == Self.mark else {
            return try model.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: capacity)
        }
        return Pointing(said: model.tokens(of: text) + model.stopTokens.prefix(1), count: 0)
    }

    package func step(_ states: [any Decoding], tokens: [Int32]) throws {
        var others: [(state: any Decoding, token: Int32)] = []
        for (state, token) in zip(states, tokens) {
            if let pointing = state as? Pointing { pointing.count += 1 } else { others.append((state, token)) }
        }
        if !others.isEmpty { try model.step(others.map(\.state), tokens: others.map(\.token)) }
    }

    package func copy(_ state: any Decoding) throws -> any Decoding {
        guard let pointing = state as? Pointing else { return try model.copy(state) }
        return Pointing(said: pointing.said, count: pointing.count)
    }
}
