import Foundation
import VLM

/// What Tools/parity.py asks for: pictures, texts and token ids to run a checkpoint on.
package struct ParityRequest: Decodable, Sendable {
    /// One view of a photo with one target.
    package struct Sample: Decodable, Sendable {
        /// Index into `images`.
        package let image: Int
        /// Index into `targets`.
        package let target: Int
    }

    /// Embedding training, step by step.
    package struct Training: Decodable, Sendable {
        package let steps: [[Sample]]
        package let learning_rate: Float
        package let weight_decay: Float
        package let clip: Float
        package let regularizer: Float
    }

    /// The checkpoint's folder.
    package let model: String
    /// `f32` and so on.
    package let format: String
    /// Whether LLaVA-NeXT tiles its pictures.
    package let tiles: Bool
    /// Folder of an encoder for concept heads.
    package let head_encoder: String?
    /// Paths of pictures.
    package let images: [String]
    /// Texts to tokenize.
    package let texts: [String]
    /// Name in the caption prompt.
    package let identifier: String
    /// Token ids to say; the last is predicted, never read.
    package let targets: [[Int32]]
    /// A batch for the gradient.
    package let batch: [Sample]
    /// lambda of the regulariser in the batch.
    package let regularizer: Float
    /// Tokens to continue greedily.
    package let tokens: Int
    /// Start of the concept row, `[rows][hiddenSize]`.
    package let concept: [[Float]]
    package let training: Training?
    /// Rows of another concept in the same picture.
    package let second_concept: [[Float]]?
    /// Text to ask.
    package let question: String?
    /// Texts to ask of the identifier's photo, where the words of a question depend on what is asked.
    package let questions: [String]?
    /// Beam searches to run.
    package let searches: [Search]?

    /// A beam search.
    package struct Search: Decodable, Sendable {
        package let beams: Int
        package let length_penalty: Float
    }

    /// Reads a request; paths in it are relative to its folder.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw VLMError(.invalidArgument, "the request \(path) cannot be read")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw VLMError(.invalidArgument, "the request \(path) is no parity request", cause: error)
        }
    }
}
