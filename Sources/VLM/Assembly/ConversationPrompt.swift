/// The form of a conversation about one picture that a checkpoint was tuned with.
package struct ConversationPrompt: Sendable, Equatable {
    /// Characters a question may have.
    static let questionLimit = 1000
    /// Characters a name may have.
    static let nameLimit = 64

    /// What is asked, in the words that a checkpoint was tuned with.
    struct Wording: Sendable, Equatable {
        let caption: String
        /// Of concepts, `{names}` in it.
        let namedCaption: String
        /// `{question}` in it.
        let question: String
        /// How it is asked where a concept is, `{name}` in it; nil: like everything else.
        let place: String?
        /// Words that say what is wanted: a question that begins with one of them is asked as it is.
        let tasks: [String]

        /// As MyVLM asks LLaVA.
        static let plain = Wording(
            caption: "Please caption this image.", namedCaption: "Please caption this image of {names}.",
            question: "{question}", place: nil, tasks: [])
    }

    /// For people and digests.
    package let name: String
    /// Before the visual tokens.
    let before: String
    /// Between the concept rows and the answer, `{instruction}` in it.
    let after: String
    /// The whole of a turn without a picture, `{instruction}` in it; nil: `before` and `after`.
    let alone: String?
    /// What stands between the prompt and the first word of an answer.
    let separator: String
    /// Special tokens of the form that end an answer, beside the checkpoint's own.
    let stop: [String]
    /// Special tokens that the templates may hold.
    let marks: [String]
    let wording: Wording

    init(
        name: String, before: String, after: String, alone: String? = nil, separator: String, stop: [String] = [],
        marks: [String] = [], wording: Wording = .plain
    ) {
        self.name = name
        self.before = before
        self.after = after
        self.alone = alone
        self.separator = separator
        self.stop = stop
        self.marks = marks
        self.wording = wording
    }

    /// Tokens before the visual tokens, without the one that begins a sequence.
    func leading(_ tokenizer: any TextTokenizer) -> [Int32] {
        encode(before, instruction: "", tokenizer)
    }

    /// Tokens between the concept rows and the answer; throws `invalidArgument` for a question or name that is empty or
    /// too long.
    func suffix(for task: VLMTask, _ tokenizer: any TextTokenizer) throws -> [Int32] {
        encode(after, instruction: try instruction(for: task), tokenizer)
    }

    /// Tokens of an instruction without a picture; throws as `suffix`.
    func withoutPicture(_ instruction: String, _ tokenizer: any TextTokenizer) throws -> [Int32] {
        let asked = try Self.question(instruction)
        return alone.map { encode($0, instruction: asked, tokenizer) }
            ?? leading(tokenizer) + encode(after, instruction: asked, tokenizer)
    }

    /// Tokens of an answer.
    func answer(_ sentence: String, _ tokenizer: any TextTokenizer) -> [Int32] {
        tokenizer.encode(separator + sentence, atStart: false)
    }

    /// What is asked, in the checkpoint's words.
    private func instruction(for task: VLMTask) throws -> String {
        switch task {
        case .caption(let names) where names.isEmpty: return wording.caption
        case .caption(let names):
            let cleaned = try names.map { try Self.name($0) }
            return wording.namedCaption.replacing("{names}", with: cleaned.joined(separator: " and "))
        case .question(let text, let names):
            let asked = try Self.question(text)
            if let place = wording.place, let name = PlaceQuestion.subject(of: asked, among: names) {
                return place.replacing("{name}", with: try Self.name(name))
            }
            return wording.tasks.contains { asked.hasPrefix($0) }
                ? asked : wording.question.replacing("{question}", with: asked)
        case .place(let thing):
            guard let place = wording.place else { throw VLMError(placeOf: thing, by: name) }
            return place.replacing("{name}", with: try Self.question(thing))
        }
    }

    /// A cleaned question; throws `invalidArgument`.
    private static func question(_ text: String) throws -> String {
        let asked = PromptText.clean(text)
        guard !asked.isEmpty, asked.count <= questionLimit else {
            throw VLMError(.invalidArgument, "a question has 1 to \(questionLimit) characters")
        }
        return asked
    }

    /// A cleaned name; throws `invalidArgument`.
    private static func name(_ name: String) throws -> String {
        let cleaned = PromptText.clean(name)
        guard !cleaned.isEmpty, cleaned.count <= nameLimit else {
            throw VLMError(.invalidArgument, "an identifier has 1 to \(nameLimit) characters")
        }
        return cleaned
    }

    /// Special tokens are read in the template only; each stretch between them is one text. The tokenizer treats a chunk
    /// beside the picture as the start of a text, as LLaVA does.
    private func encode(_ template: String, instruction: String, _ tokenizer: any TextTokenizer) -> [Int32] {
        var result: [Int32] = []
        var rest = template[...]
        var isFirst = true
        func append(_ text: Substring) {
            guard !text.isEmpty else { return }
            result += tokenizer.encode(String(text).replacing("{instruction}", with: instruction), atStart: isFirst)
            isFirst = false
        }
        while let found = marks.compactMap({ mark in rest.firstRange(of: mark).map { ($0, mark) } })
            .min(by: { $0.0.lowerBound < $1.0.lowerBound })
        {
            append(rest[..<found.0.lowerBound])
            if let id = tokenizer.id(of: found.1) {
                result.append(id)
                isFirst = false
            } else {
                append(rest[found.0])
            }
            rest = rest[found.0.upperBound...]
        }
        append(rest)
        return result
    }
}
