package import Compute

/// A published BLIP-2 checkpoint as MyVLM uses it: concept rows join the vision tower's rows before its last norm, and the
/// Q-Former's queries read both (Li et al. 2023; MyVLM, sec. 4).
///
/// Everything is immutable after loading, so calls may come from any thread.
package struct Blip2Model: ConceptTrainable, BranchingModel, InstructionModel {
    package let identity: ModelIdentity
    package let trainingDefaults: ConceptTrainingDefaults
    package let stopTokens: [Int32]
    package let negatives: NegativeBank
    package let processor: ImageProcessor
    package let tower: VisionTower
    let qFormer: QFormer
    package let language: any VisualLanguage
    package let tokenizer: any TextTokenizer
    package let prompt: Blip2Prompt
    /// What concept heads read; nil: the mean of the tower's own patches.
    package let headEncoder: CLIPImageEncoder?

    package var contextSize: Int { language.contextSize }
    package var regularizerDirection: AttentionRegularizer.Direction { .column }

    var lastNorm: ConceptInsertion.LastNorm {
        get throws {
            guard let after = tower.after else {
                throw VLMError(.unsupported, "the vision tower was loaded without its last norm")
            }
            return (after.weight, after.bias, tower.configuration.epsilon)
        }
    }

    package func features(of image: RGBImage) throws -> ImageFeatures {
        let seen = vision(of: processor(image))
        if let headEncoder {
            let encoded = headEncoder.encode(image)
            return ImageFeatures(pooled: encoded.embedding, map: encoded.map, visualTokens: seen, tags: [])
        }
        let map = Matrix(rows: seen.rows - 1, columns: seen.columns, values: Array(seen.values[seen.columns...]))
        return ImageFeatures(pooled: HubModelParts.mean(map), map: map, visualTokens: seen, tags: [])
    }

    package func gridArea(width: Int, height: Int) -> PictureBox {
        headEncoder?.area(width: width, height: height)
            ?? tower.configuration.area(of: processor.area(width: width, height: height))
    }

    /// The tower's rows of normalised pixels after its last norm, `[1 + side * side, width]`.
    package func vision(of pixels: [Float]) -> Matrix {
        tower.finallyNormed(tower.hiddenStates(of: pixels, after: [tower.configuration.layers])[0])
    }

    package func prefix(for features: ImageFeatures) throws -> any ImagePrefix {
        guard features.visualTokens.columns == identity.hiddenSize, features.visualTokens.rows > 0 else {
            throw VLMError(.invalidArgument, "the features are another model's")
        }
        return qFormer.prefix(of: features.visualTokens)
    }

    package func promptTokens(for task: VLMTask) throws -> [Int32] { try prompt.tokens(for: task, tokenizer) }

    package func targetTokens(for sentence: String) throws -> [Int32] {
        let tokens = tokenizer.encode(sentence, atStart: true)
        guard !sentence.isEmpty, tokens.count <= 256 else {
            throw VLMError(.invalidArgument, "a caption has 1 to 256 tokens")
        }
        return tokens + stopTokens.prefix(1)
    }

    package func tokens(of text: String) -> [Int32] { tokenizer.encode(text, atStart: true) }

    package func bytes(of token: Int32) -> [UInt8] { tokenizer.bytes(of: token) }

    /// Concept rows live in the vision tower's space: no word has a place there.
    package func embeddings(of tokens: [Int32]) throws -> Matrix {
        Matrix(rows: 0, columns: identity.hiddenSize)
    }

    /// What the Q-Former says of a picture with concept rows behind it, `[queries, width]`.
    package func queryOutputs(prefix: any ImagePrefix, concepts: [Matrix]) throws -> Matrix {
        let prefix = try own(prefix)
        return qFormer.outputs(prefix, try insertion(concepts, [prefix], isTraining: false))
    }

    /// The same as the language side reads it, `[queries, visual size]`.
    package func visualRows(prefix: any ImagePrefix, concepts: [Matrix]) throws -> Matrix {
        qFormer.projection(try queryOutputs(prefix: prefix, concepts: concepts))
    }

    package func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        try language.begin(
            visual: try visualRows(prefix: prefix, concepts: concepts), prompt: prompt, capacity: capacity)
    }

    package func begin(instruction: String, capacity: Int) throws -> any Decoding {
        try language.begin(
            visual: nil, prompt: prompt.tokens(instruction: instruction, tokenizer), capacity: capacity)
    }

    package func step(_ states: [any Decoding], tokens: [Int32]) throws {
        try language.step(try states.map { try own($0) }, tokens: tokens)
    }

    package func copy(_ state: any Decoding) throws -> any Decoding { language.copy(try own(state)) }

    func own(_ prefix: any ImagePrefix) throws -> Blip2Prefix {
        guard let prefix = prefix as? Blip2Prefix else {
            throw VLMError(.invalidArgument, "a prefix of another kind of model cannot be used by this one")
        }
        return prefix
    }

    private func own(_ state: any Decoding) throws -> VisualSequence {
        guard let state = state as? VisualSequence else {
            throw VLMError(.invalidArgument, "a sequence of another kind of model cannot be stepped by this one")
        }
        return state
    }

    func insertion(_ concepts: [Matrix], _ prefixes: [Blip2Prefix], isTraining: Bool) throws -> ConceptInsertion? {
        try ConceptInsertion(
            concepts, qFormer: qFormer, lastNorm: try lastNorm, prefixes: prefixes, isTraining: isTraining)
    }
}
