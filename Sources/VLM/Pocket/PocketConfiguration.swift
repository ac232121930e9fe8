import Foundation

/// `config.json` of a pocket model directory.
package struct PocketConfiguration: Sendable, Decodable {
    package struct File: Sendable, Decodable {
        /// SHA-256 of the content, lower-case hex.
        package let sha256: String
    }

    package struct Vision: Sendable, Decodable {
        package let variant: String
        package let file: String
        /// Pixels on a side of the encoder's input.
        package let image_size: Int
        package let mean: [Float]
        package let std: [Float]
        package let batch_norm_epsilon: Float
    }

    package struct Projector: Sendable, Decodable {
        package let file: String
    }

    package struct Language: Sendable, Decodable {
        package struct LowRank: Sendable, Decodable {
            package let file: String
            package let rank: Int
            package let scale: Float
        }
        package let file: String
        package let lora: LowRank?
    }

    package struct Tags: Sendable, Decodable {
        package let file: String
        /// Rows of further words, appended to the encoder's classes; the list in `file` names them at its end.
        package let words: String?
        package let count: Int
        package let minimum_probability: Float
    }

    package struct Concept: Sendable, Decodable {
        package let tokens: Int
        package let steps: Int
        package let learning_rate: Float
        package let clip: Float
        package let weight_decay: Float
        package let regularizer_lambda: Float
        package let checkpoints: [Int]
        package let initial_norm: Float?
        package let plain_prompt_share: Float?
    }

    package let files: [String: File]
    package let vision: Vision
    package let projector: Projector
    package let language: Language
    package let tags: Tags
    package let prompt: PocketPrompt
    package let concept: Concept

    /// Reads `config.json`; throws `checkpointMalformed` naming the field that is missing or wrong.
    package init(json: [UInt8], file: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch {
            throw VLMError(.checkpointMalformed, "\(file) is no configuration of a pocket model", cause: error)
        }
        let isPlausible =
            (32...1024).contains(vision.image_size) && vision.mean.count == 3 && vision.std.count == 3
            && vision.std.allSatisfy { $0 > 0 } && (1...100).contains(tags.count) && (1...64).contains(concept.tokens)
            && concept.steps > 0
        guard isPlausible else {
            throw VLMError(.checkpointMalformed, "\(file) states sizes outside their documented range")
        }
    }

    /// The training defaults in the form the protocol wants.
    package var trainingDefaults: ConceptTrainingDefaults {
        ConceptTrainingDefaults(
            tokens: concept.tokens, steps: concept.steps, learningRate: concept.learning_rate,
            gradientClip: concept.clip, weightDecay: concept.weight_decay,
            regularizerWeight: concept.regularizer_lambda, checkpoints: concept.checkpoints,
            initialNorm: concept.initial_norm ?? 8, plainPromptShare: concept.plain_prompt_share ?? 0)
    }
}
