/// What a BLIP-2 model reads behind its queries. Captions are asked for by nothing at all, as MyVLM does; questions in the
/// form BLIP-2 was evaluated with.
package struct Blip2Prompt: Sendable {
    /// Characters a question may have.
    static let questionLimit = 1000

    let architecture: Blip2TextConfiguration.Architecture
    /// Before a text (OPT).
    let first: Int32?
    /// Behind a text (T5).
    let last: Int32?

    /// Tokens behind the queries; throws `invalidArgument` for a question that is empty or too long.
    func tokens(for task: VLMTask, _ tokenizer: any TextTokenizer) throws -> [Int32] {
        switch task {
        case .caption: return framed([])
        case .question(let text, _):
            let asked = try cleaned(text)
            return framed(tokenizer.encode("Question: \(asked) Answer:", atStart: true))
        case .place(let thing): throw VLMError(placeOf: thing, by: "BLIP-2")
        }
    }

    /// Tokens of an instruction without a picture.
    func tokens(instruction: String, _ tokenizer: any TextTokenizer) -> [Int32] {
        framed(tokenizer.encode(instruction, atStart: true))
    }

    private func cleaned(_ text: String) throws -> String {
        let asked = PromptText.clean(text)
        guard !asked.isEmpty, asked.count <= Self.questionLimit else {
            throw VLMError(.invalidArgument, "a question has 1 to \(Self.questionLimit) characters")
        }
        return asked
    }

    private func framed(_ tokens: [Int32]) -> [Int32] {
        (first.map { [$0] } ?? []) + tokens + (last.map { [$0] } ?? [])
    }
}
