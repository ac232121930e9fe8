package import Compute

extension PocketModel {
    /// SmolLM2-Instruct's chat template with the instruction as the user's turn.
    package func begin(instruction: String, capacity: Int) throws -> any Decoding {
        guard let start = tokenizer.id(of: "<|im_start|>"), let end = tokenizer.id(of: "<|im_end|>") else {
            throw VLMError(.unsupported, "\(identity.name) has no chat template")
        }
        let turn = [start] + tokenizer.encode("user\n" + instruction) + [end] + tokenizer.encode("\n")
        let tokens = turn + [start] + tokenizer.encode("assistant\n")
        return PocketDecoding(
            try language.begin(try language.embeddings(of: tokens), after: nil, capacity: capacity))
    }

    package func attention(
        of concepts: [Matrix], in features: ImageFeatures, prompt: [Int32]
    ) throws -> [[Float]]? {
        guard !concepts.isEmpty else { return [] }
        let prefix = try own(try prefix(for: features))
        let rows = concepts.flatMap { ConceptRow.rescaled($0, to: prefix.conceptNorm).values }
        let paid = try language.attention(
            of: Matrix(rows: rows.count / identity.hiddenSize, columns: identity.hiddenSize, values: rows),
            to: prefix.cache)
        // Visual tokens are the last positions of the prefix.
        let visual = features.visualTokens.rows
        var row = 0
        return concepts.map { concept in
            defer { row += concept.rows }
            return (prefix.count - visual..<prefix.count).map { key in
                (row..<row + concept.rows).reduce(Float(0)) { $0 + paid[$1, key] } / Float(max(concept.rows, 1))
            }
        }
    }
}
