/// The forms that LLaVA checkpoints were tuned with.
extension ConversationPrompt {
    /// LLaVA-1.5 and 1.6 on Vicuna (`llava_v1`).
    package static let vicuna = ConversationPrompt(
        name: "vicuna",
        before: "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, "
            + "detailed, and polite answers to the human's questions. USER: ",
        after: "\n{instruction} ASSISTANT:", separator: " ")
    /// LLaVA-1.6 on Mistral (`mistral_instruct`).
    package static let mistral = ConversationPrompt(
        name: "mistral", before: "[INST] ", after: "\n{instruction} [/INST]", separator: " ")
    /// LLaVA on Qwen (`qwen_1_5`).
    package static let chatML = ConversationPrompt(
        name: "chatml",
        before: "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
        after: "\n{instruction}<|im_end|>\n<|im_start|>assistant\n", separator: "", stop: ["<|im_end|>"],
        marks: ["<|im_start|>", "<|im_end|>"])

    /// All forms.
    package static let all = [vicuna, mistral, chatML]

    /// The form a decoder is tuned with unless something else is said.
    package static func standard(for architecture: HubLanguageConfiguration.Architecture) -> ConversationPrompt {
        switch architecture {
        case .llama: vicuna
        case .mistral: mistral
        case .qwen2: chatML
        }
    }
}
