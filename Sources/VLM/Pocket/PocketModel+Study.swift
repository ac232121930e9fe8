package import Compute

extension PocketModel {
    /// SmolLM2-Instruct's chat template with the instruction as the user's turn.
    package func begin(instruction: String, capacity: Int) throws -> any Decoding {
        guard let start = tokenizer.id(of: "<|im_start|>"), let end = tokenizer.id(of: "<|im_end|>") else {
            throw VLMError(.unsupported, "\(identity.name) has no chat template")
        }
        let turn = [start] + tokenizer.encode("user\n" + instruction) + [end] + tokenizer.encode("\n")
        let tokens = turn + [start] + tokenizer.encode("assistant\n")
        return try language.begin(rows: try language.model.embeddings(of: tokens), capacity: capacity)
    }

    package func attention(
        of concepts: [Matrix], after prefix: any ImagePrefix, in features: ImageFeatures
    ) throws -> [[Float]] {
        try language.attention(of: concepts, prefix: prefix, visual: features.visualTokens.rows)
            .map { projector.pool?.spread($0) ?? $0 }
    }

    package func heat(ofAttention shares: [Float], width: Int, height: Int) -> PictureHeat? {
        PictureHeat(
            columns: identity.gridColumns, cells: shares, area: PictureBox(pictureOf: width, height))
    }
}
