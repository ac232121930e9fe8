package import Compute

/// A checkpoint tuned for conversation about pictures (LLaVA-1.5, LLaVA-NeXT, SmolVLM, MiniGPT-v2) as MyVLM uses it:
/// one picture, concept rows after its visual tokens.
///
/// A sequence is: leading prompt, visual tokens, concept rows at the norm of visual tokens, instruction, answer.
/// Everything is immutable after loading, so calls may come from any thread.
package struct ConversationModel: ConceptTrainable, BranchingModel, InstructionModel, AttentionModel {
    package let identity: ModelIdentity
    package let trainingDefaults: ConceptTrainingDefaults
    package let stopTokens: [Int32]
    package let negatives: NegativeBank
    package let vision: any ConversationVision
    package let language: ConceptLanguage
    package let tokenizer: any TextTokenizer
    package let prompt: ConversationPrompt
    /// Begins a sequence; nil where the tokenizer has no such token.
    let firstToken: Int32?
    /// What concept heads read; nil: the mean of the tower's own features.
    package let headEncoder: CLIPImageEncoder?

    package var contextSize: Int { language.contextSize }

    package var answersWithBoxes: Bool { prompt.wording.place != nil }

    package func features(of image: RGBImage) throws -> ImageFeatures {
        let (map, tokens) = try vision.seen(image)
        if let headEncoder {
            let seen = headEncoder.encode(image)
            return ImageFeatures(pooled: seen.embedding, map: seen.map, visualTokens: tokens, tags: [])
        }
        return ImageFeatures(pooled: HubModelParts.mean(map), map: map, visualTokens: tokens, tags: [])
    }

    package func gridArea(width: Int, height: Int) -> PictureBox {
        headEncoder?.area(width: width, height: height) ?? vision.area(width: width, height: height)
    }

    /// Tokens before the visual tokens.
    package var leadingTokens: [Int32] { (firstToken.map { [$0] } ?? []) + prompt.leading(tokenizer) }

    package func prefix(for features: ImageFeatures) throws -> any ImagePrefix {
        try language.prefix(leading: leadingTokens, visual: features.visualTokens)
    }

    package func promptTokens(for task: VLMTask) throws -> [Int32] { try prompt.suffix(for: task, tokenizer) }

    package func targetTokens(for sentence: String) throws -> [Int32] {
        let tokens = prompt.answer(sentence, tokenizer)
        guard !sentence.isEmpty, tokens.count <= 256 else {
            throw VLMError(.invalidArgument, "a caption has 1 to 256 tokens")
        }
        return tokens + stopTokens.prefix(1)
    }

    package func tokens(of text: String) -> [Int32] { tokenizer.encode(text, atStart: false) }

    package func bytes(of token: Int32) -> [UInt8] { tokenizer.bytes(of: token) }

    package func embeddings(of tokens: [Int32]) throws -> Matrix { try language.model.embeddings(of: tokens) }

    package func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        try language.begin(prefix: prefix, concepts: concepts, prompt: prompt, capacity: capacity)
    }

    /// Tokens of an instruction that stands alone, without a picture.
    package func instructionTokens(_ instruction: String) throws -> [Int32] {
        (firstToken.map { [$0] } ?? []) + (try prompt.withoutPicture(instruction, tokenizer))
    }

    package func begin(instruction: String, capacity: Int) throws -> any Decoding {
        let rows = try language.model.embeddings(of: instructionTokens(instruction))
        return try language.begin(rows: rows, capacity: capacity)
    }

    package func attention(
        of concepts: [Matrix], after prefix: any ImagePrefix, in features: ImageFeatures
    ) throws -> [[Float]] {
        try language.attention(of: concepts, prefix: prefix, visual: features.visualTokens.rows)
            .map { vision.spread($0) }
    }

    package func heat(ofAttention shares: [Float], width: Int, height: Int) -> PictureHeat? {
        let (side, cells) = (vision.tower.configuration.side, vision.patches(shares))
        guard cells.count == side * side else { return nil }
        return PictureHeat(columns: side, cells: cells, area: vision.area(width: width, height: height))
    }

    package func step(_ states: [any Decoding], tokens: [Int32]) throws { try language.step(states, tokens: tokens) }

    package func copy(_ state: any Decoding) throws -> any Decoding { try language.copy(state) }

    package func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss] { try language.losses(of: batches) }

    package func crossEntropies(of batches: [ConceptBatch]) throws -> [Float] {
        try language.crossEntropies(of: batches)
    }
}
