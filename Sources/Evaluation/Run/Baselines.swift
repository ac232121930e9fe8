import Runtime
import VLM

/// What could be done without concept embeddings: the head's word put into the frozen model's caption (MyVLM, sec. 4).
enum Baselines {
    /// The first of the nouns and the article before it become the identifier; the caption as it is where none stands
    /// in it.
    static func simple(_ caption: String, nouns: [String], identifier: String) -> String {
        let parts = caption.split(separator: " ").map(String.init)
        let plain = parts.map { words(of: $0).joined(separator: " ") }
        for noun in nouns {
            guard var range = place(of: words(of: noun), in: plain) else { continue }
            if range.lowerBound > 0, ["a", "an", "the"].contains(plain[range.lowerBound - 1]) {
                range = range.lowerBound - 1..<range.upperBound
            }
            let ending = parts[range.upperBound - 1].reversed().prefix { $0.isPunctuation }.reversed()
            return (parts[..<range.lowerBound] + [identifier + String(ending)] + parts[range.upperBound...])
                .joined(separator: " ")
        }
        return caption
    }

    /// The frozen language model is asked to put the name in, only where the noun is.
    static func guided(_ runtime: EvaluationRuntime, caption: String, noun: String, identifier: String) async throws
        -> String
    {
        let instruction = """
            Rewrite the caption. If it mentions a \(noun), call the \(noun) "\(identifier)". Otherwise repeat it \
            unchanged. Answer with the caption only.
            Caption: \(caption)
            """
        let answer = try await runtime.vlm.complete(instruction, maximumTokens: 40)
        let line = answer.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        let said = line.hasPrefix("Caption:") ? String(line.dropFirst("Caption:".count)) : line
        let text = said.filter { $0 != "\"" }.split(separator: " ").joined(separator: " ")
        return text.isEmpty ? caption : text
    }
}
