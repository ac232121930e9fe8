/// The conversation forms LLaVA checkpoints were tuned with.
package struct LlavaPrompt: Sendable, Equatable {
    /// Characters a question may have.
    static let questionLimit = 1000
    /// Characters a name may have.
    static let nameLimit = 64

    /// For people and digests.
    package let name: String
    /// Before the visual tokens.
    let before: String
    /// Between the concept rows and the answer, `{instruction}` in it.
    let after: String
    /// What stands between the prompt and the first word of an answer.
    let separator: String
    /// Special tokens of the form that end an answer, beside the checkpoint's own.
    let stop: [String]

    /// LLaVA-1.5 and 1.6 on Vicuna (`llava_v1`).
    package static let vicuna = LlavaPrompt(
        name: "vicuna",
        before: "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, "
            + "detailed, and polite answers to the human's questions. USER: ",
        after: "\n{instruction} ASSISTANT:", separator: " ", stop: [])
    /// LLaVA-1.6 on Mistral (`mistral_instruct`).
    package static let mistral = LlavaPrompt(
        name: "mistral", before: "[INST] ", after: "\n{instruction} [/INST]", separator: " ", stop: [])
    /// LLaVA on Qwen (`qwen_1_5`).
    package static let chatML = LlavaPrompt(
        name: "chatml",
        before: "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
        after: "\n{instruction}<|im_end|>\n<|im_start|>assistant\n", separator: "", stop: ["<|im_end|>"])

    /// All forms.
    package static let all = [vicuna, mistral, chatML]

    /// The form a decoder is tuned with unless something else is said.
    package static func standard(for architecture: HubLanguageConfiguration.Architecture) -> LlavaPrompt {
        switch architecture {
        case .llama: vicuna
        case .mistral: mistral
        case .qwen2: chatML
        }
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

    /// Tokens of an answer.
    func answer(_ sentence: String, _ tokenizer: any TextTokenizer) -> [Int32] {
        tokenizer.encode(separator + sentence, atStart: false)
    }

    /// What is asked, as MyVLM asks it.
    private func instruction(for task: VLMTask) throws -> String {
        switch task {
        case .caption(let names) where names.isEmpty: return "Please caption this image."
        case .caption(let names):
            let cleaned = try names.map { name in
                let cleaned = PromptText.clean(name)
                guard !cleaned.isEmpty, cleaned.count <= Self.nameLimit else {
                    throw VLMError(.invalidArgument, "an identifier has 1 to \(Self.nameLimit) characters")
                }
                return cleaned
            }
            return "Please caption this image of \(cleaned.joined(separator: " and "))."
        case .question(let text, _):
            let asked = PromptText.clean(text)
            guard !asked.isEmpty, asked.count <= Self.questionLimit else {
                throw VLMError(.invalidArgument, "a question has 1 to \(Self.questionLimit) characters")
            }
            return asked
        }
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
        while let found = Self.marks.compactMap({ mark in rest.firstRange(of: mark).map { ($0, mark) } })
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

    /// Special tokens of the templates.
    private static let marks = ["<|im_start|>", "<|im_end|>"]
}
