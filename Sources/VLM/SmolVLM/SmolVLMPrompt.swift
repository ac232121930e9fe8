/// SmolVLM's form of a conversation and its special tokens.
enum SmolVLMPrompt {
    static let start = "<|im_start|>"
    static let end = "<end_of_utterance>"
    /// Before every view of a picture and behind the last.
    static let around = "<fake_token_around_image>"
    /// Before the whole picture.
    static let whole = "<global-img>"

    /// Before the tile of a row and a column, counted from one.
    static func place(row: Int, column: Int) -> String { "<row_\(row)_col_\(column)>" }

    /// The form, whose visual tokens begin with the first tile or the whole picture. Concept rows stand behind the picture's
    /// own, inside of what is around them.
    static func form(isTiled: Bool) -> ConversationPrompt {
        let first = isTiled ? place(row: 1, column: 1) : whole
        return ConversationPrompt(
            name: "smolvlm", before: "\(start)User:\(around)\(first)",
            after: "\(around){instruction}\(end)\nAssistant:",
            alone: "\(start)User: {instruction}\(end)\nAssistant:", separator: " ", stop: [end],
            marks: [start, end, around, first])
    }

    /// A special token's number; throws `checkpointMalformed` where the tokenizer has none.
    @discardableResult
    static func special(_ name: String, _ tokenizer: any TextTokenizer, folder: String) throws -> Int32 {
        guard let id = tokenizer.id(of: name) else {
            throw VLMError(
                .checkpointMalformed,
                "\(folder): the tokenizer has no special token \(name) (added_tokens of tokenizer.json): the file is another "
                    + "model's or was edited, fetch it again")
        }
        return id
    }
}
