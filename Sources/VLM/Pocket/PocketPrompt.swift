/// The prompt templates of pocket: what stands before the visual tokens and after the concept rows.
///
/// Special tokens are read in the templates only. What is filled in, tags, names and questions, is cleaned of
/// control characters and encoded as plain text.
package struct PocketPrompt: Sendable, Decodable {
    /// Characters a question may have.
    static let questionLimit = 1000
    /// Characters a name may have.
    static let nameLimit = 64

    let prefix: String
    let caption: String
    let caption_named: String
    let question: String
    let question_named: String
    let separator: String
    let names_separator: String
    let stop: [String]

    package init(
        prefix: String, caption: String, caption_named: String, question: String, question_named: String,
        separator: String, names_separator: String, stop: [String]
    ) {
        self.prefix = prefix
        self.caption = caption
        self.caption_named = caption_named
        self.question = question
        self.question_named = question_named
        self.separator = separator
        self.names_separator = names_separator
        self.stop = stop
    }

    /// Tokens before the visual tokens.
    func prefixTokens(tags: [ObjectTag], sketch: String, tokenizer: ByteLevelBPE) -> [Int32] {
        fill(
            prefix,
            ["tags": tags.map { PromptText.clean($0.name) }.joined(separator: separator), "sketch": sketch], tokenizer)
    }

    /// Tokens between the concept rows and the answer.
    func suffixTokens(for task: VLMTask, tokenizer: ByteLevelBPE) throws -> [Int32] {
        switch task {
        case .caption(let names):
            return fill(names.isEmpty ? caption : caption_named, ["names": try joined(names)], tokenizer)
        case .question(let text, let names):
            let asked = PromptText.clean(text)
            guard !asked.isEmpty, asked.count <= Self.questionLimit else {
                throw VLMError(.invalidArgument, "a question has 1 to \(Self.questionLimit) characters")
            }
            return fill(
                names.isEmpty ? question : question_named, ["names": try joined(names), "question": asked], tokenizer)
        case .place(let thing): throw VLMError(placeOf: thing, by: "pocket")
        }
    }

    private func joined(_ names: [String]) throws -> String {
        try names.map { name in
            let cleaned = PromptText.clean(name)
            guard !cleaned.isEmpty, cleaned.count <= Self.nameLimit else {
                throw VLMError(.invalidArgument, "an identifier has 1 to \(Self.nameLimit) characters")
            }
            return cleaned
        }.joined(separator: names_separator)
    }

    /// Fills `{key}` and encodes.
    ///
    /// A template without special tokens is encoded as one string after filling, so that merges run across the seams
    /// as they did in training. Special tokens stand before the first placeholder: that part is parsed, the rest,
    /// which holds what users wrote, is not.
    private func fill(_ template: String, _ values: [String: String], _ tokenizer: ByteLevelBPE) -> [Int32] {
        let (special, rest) = tokenizer.splitLeadingSpecial(template)
        var text = ""
        var remaining = rest[...]
        while let open = remaining.firstIndex(of: "{"),
            let close = remaining[open...].firstIndex(of: "}"),
            let value = values[String(remaining[remaining.index(after: open)..<close])]
        {
            text += remaining[..<open] + value
            remaining = remaining[remaining.index(after: close)...]
        }
        return special + tokenizer.encode(text + remaining)
    }
}
