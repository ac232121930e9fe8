/// The form that MiniGPT-v2 was tuned with: Llama-2's, in which words in brackets say what is wanted.
extension ConversationPrompt {
    package static let miniGPT = ConversationPrompt(
        name: "minigpt-v2", before: "[INST] <Img>", after: "</Img> {instruction} [/INST]",
        alone: "[INST] {instruction} [/INST]", separator: " ", wording: .miniGPT)
}

extension ConversationPrompt.Wording {
    /// A place that is asked for is answered with a box (`ReferringAnswer`).
    static let miniGPT = ConversationPrompt.Wording(
        caption: "[caption] A short image caption:", namedCaption: "[caption] A short image caption of {names}:",
        question: "[vqa] {question}", place: "[refer] {name} in the image",
        tasks: ["[vqa]", "[refer]", "[caption]", "[identify]", "[grounding]", "[detection]"])
}
