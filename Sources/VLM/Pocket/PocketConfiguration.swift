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
        /// Places on a side that the encoder's map is averaged to before it is projected; all of them if not stated.
        package let places: Int?
    }

    /// The small decoder whose words stand in the prompt.
    package struct Sketch: Sendable, Decodable {
        package let file: String
        package let words: String
        package let heads: Int
        package let beams: Int
        package let length_penalty: Float
        /// Words at most.
        package let limit: Int
        /// When the first tag is named although the likeliest caption does not; never if not stated.
        package let certain: Float?
        package let likely: Float?
        package let unsure: Float?
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
    package let sketch: Sketch?
    package let language: Language
    package let tags: Tags
    package let prompt: PocketPrompt
    package let concept: Concept

    /// Reads `config.json`; throws `checkpointMalformed` naming the field that is missing or wrong.
    package init(json: [UInt8], file: String) throws {
        self = try CheckpointJSON.decode(Self.self, from: json, file: file, as: "configuration of a pocket model")
        try check(StatedNumbers(file: file))
    }

    private func check(_ stated: StatedNumbers) throws {
        let seen = stated.below("vision")
        try seen.check("image_size", vision.image_size, 32...1024)
        try seen.check("batch_norm_epsilon", vision.batch_norm_epsilon, StatedNumbers.epsilons)
        guard vision.mean.count == 3, vision.std.count == 3 else {
            throw seen.malformed("mean and std need three numbers")
        }
        for value in vision.mean { try seen.check("mean", value, -1000...1000) }
        for value in vision.std { try seen.check("std", value, 1e-6...1e6) }
        try stated.below("projector").check("places", projector.places, 1...64)
        let drawn = stated.below("sketch")
        try drawn.check("heads", sketch?.heads, StatedNumbers.heads)
        try drawn.check("beams", sketch?.beams, 1...16)
        try drawn.check("length_penalty", sketch?.length_penalty, -8...8)
        try drawn.check("limit", sketch?.limit, 1...256)
        try drawn.check("certain", sketch?.certain, 0...1)
        try drawn.check("likely", sketch?.likely, 0...1)
        try drawn.check("unsure", sketch?.unsure, -1000...0)
        try stated.below("language.lora").check("scale", language.lora?.scale, -1e4...1e4)
        try stated.below("language.lora").check("rank", language.lora?.rank, StatedNumbers.widths)
        try stated.below("tags").check("count", tags.count, 1...100)
        try stated.below("tags").check("minimum_probability", tags.minimum_probability, 0...1)
        let trained = stated.below("concept")
        try trained.check("tokens", concept.tokens, 1...64)
        try trained.check("steps", concept.steps, 1...100_000)
        try trained.check("learning_rate", concept.learning_rate, 0...1000)
        try trained.check("clip", concept.clip, 0...1e6)
        try trained.check("weight_decay", concept.weight_decay, 0...1000)
        try trained.check("regularizer_lambda", concept.regularizer_lambda, 0...1e6)
        try trained.check("initial_norm", concept.initial_norm, 0...1e6)
        try trained.check("plain_prompt_share", concept.plain_prompt_share, 0...1)
        for step in concept.checkpoints { try trained.check("checkpoints", step, 1...100_000) }
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
